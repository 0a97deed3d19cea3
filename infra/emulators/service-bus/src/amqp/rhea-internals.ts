import type { Connection, Delivery, Receiver, Sender, Session } from "rhea";

/** The used parts of rhea that its typings do not show. */
export interface DeliveryInternals {
  state?: { descriptor?: { value: unknown } };
  settled: boolean;
  remote_settled: boolean;
  remote_state?: {
    descriptor?: { value: unknown };
    value: unknown[];
    constructor: { composite_type?: string };
  };
  link: LinkInternals;
  /** Our own member: the id of the transaction of its settlement. */
  transaction?: unknown;
}

export interface LinkInternals {
  name: string;
  state: { open_requests: number; local_open: boolean; remote_open: boolean };
  local: {
    attach: {
      snd_settle_mode: number;
      rcv_settle_mode: number;
      properties: unknown;
      target: unknown;
      max_message_size: number | undefined;
    };
  };
  credit: number;
  delivery_count: number;
  issue_flow: boolean;
  _draining: boolean;
  _incomplete?: { settled: boolean } | undefined;
  dispatch(event: string, context: unknown): void;
  _context(more: object): unknown;
  is_receiver(): boolean;
  _get_drain(): boolean;
  _process(): void;
}

export interface AttachFrame {
  performative: {
    name: string;
    role: boolean;
    target?: { descriptor?: { value: unknown } } | null | undefined;
  };
}

export interface TransferFrame {
  performative: { message_format: number; aborted: boolean; value: unknown[] };
  payload?: Buffer;
}

interface DispositionFields {
  last: number | null | undefined;
  state?: { descriptor?: { value: unknown }; value: unknown[] } | undefined;
}

interface Frame {
  channel: number;
}

type OnFrame = (frame: Frame) => void;

interface ConnectionInternals {
  remote_channel_map: Record<number, { state: { remote_open: boolean } }>;
  on_begin: OnFrame;
  on_attach: OnFrame;
  on_flow: OnFrame;
  on_transfer: OnFrame;
  on_disposition: OnFrame;
  on_detach: OnFrame;
  on_end: OnFrame;
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
    updated: DeliveryInternals[];
    available(): number;
    on_disposition(fields: DispositionFields): void;
    process(): void;
    update(delivery: DeliveryInternals, settled: boolean, state: unknown): void;
  };
}

export const internals = {
  connection: (connection: Connection) => connection as unknown as ConnectionInternals,
  session: (session: Session) => session as unknown as SessionInternals,
  link: (link: Sender | Receiver) => link as unknown as LinkInternals,
  delivery: (delivery: Delivery) => delivery as unknown as DeliveryInternals,
};
