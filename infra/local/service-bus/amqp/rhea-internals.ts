import type { Delivery, Receiver, Sender, Session } from "rhea";

/** What is used of rhea that its typings do not show. */
export interface DeliveryInternals {
  state?: { descriptor?: { value: unknown } };
  settled: boolean;
  remote_settled: boolean;
  remote_state?: { value: unknown[]; constructor: { composite_type?: string } };
}

export interface LinkInternals {
  name: string;
  state: { open_requests: number; local_open: boolean };
  local: {
    attach: { snd_settle_mode: number; rcv_settle_mode: number; properties: unknown };
  };
  credit: number;
  delivery_count: number;
  issue_flow: boolean;
  _draining: boolean;
  _incomplete?: { settled: boolean } | undefined;
  is_receiver(): boolean;
  _get_drain(): boolean;
  _process(): void;
}

interface AttachFrame {
  performative: { name: string; role: boolean };
}

interface TransferFrame {
  performative: { message_format: number; aborted: boolean };
  payload?: Buffer;
}

interface DispositionFields {
  last: number | null | undefined;
}

export interface SessionInternals {
  links: Record<string, LinkInternals>;
  on_attach(frame: AttachFrame): void;
  incoming: {
    next_transfer_id: number;
    next_delivery_id: number | undefined;
    updated: DeliveryInternals[];
    on_transfer(frame: TransferFrame, receiver: LinkInternals): void;
    process(session: unknown): void;
    on_disposition(fields: DispositionFields): void;
  };
  outgoing: {
    next_delivery_id: number;
    pending_dispositions: DeliveryInternals[];
    available(): number;
    on_disposition(fields: DispositionFields): void;
    process(): void;
    update(delivery: DeliveryInternals, settled: boolean, state: unknown): void;
  };
}

export const internals = {
  session: (session: Session) => session as unknown as SessionInternals,
  link: (link: Sender | Receiver) => link as unknown as LinkInternals,
  delivery: (delivery: Delivery) => delivery as unknown as DeliveryInternals,
};
