import type { Socket } from "node:net";
import type { AmqpError, Connection, Container, Delivery, Receiver, Sender, Session } from "rhea";
import rhea from "rhea";
import type { AmqpValue } from "../broker/types.ts";
import { amqpError } from "./condition.ts";
import { type DeliveryInternals, internals, type SessionInternals } from "./rhea-internals.ts";
import { toAmqpValue, typedEntries } from "./typed-value.ts";

/*
 * rhea is made for clients. This file is what a server needs beyond that, by way of rhea's internals, which no other
 * file touches. It holds for the one version in package.json.
 */

/** rhea decodes messages of format 0 only, and loses types doing so; under this number they stay bytes. */
const RAW_FORMAT = 0x7f_ff_00_00;

const ACCEPTED = 0x24;

/** Lets a connection talk on a socket that was accepted elsewhere. */
export function acceptSocket(container: Container, socket: Socket, options: object): Connection {
  const connection = container.create_connection(options as never) as Connection & {
    accept(socket: Socket): void;
    eof(): void;
  };
  connection.accept(socket);
  // rhea stops its timers on "end" and "error"; a socket that is cut has neither.
  socket.once("close", () => connection.eof());
  return connection;
}

/** Mends a session that the peer has begun, before its first link. */
export function prepareSession(session: Session, maxMessageBytes: number): void {
  tellDirectionsApart(session);
  keepBytes(session, maxMessageBytes);
  dropAborted(session);
  writeIncomingOutcomesApart(session);
  writeOutgoingInOrder(session);
  const { incoming, outgoing } = internals.session(session);
  boundDispositions(incoming);
  boundDispositions(outgoing);
}

/** Two links of opposite directions may have one name; rhea looks links up by name alone. */
function tellDirectionsApart(session: Session): void {
  const own = internals.session(session);
  const onAttach = own.on_attach.bind(own);
  own.on_attach = (frame) => {
    const { name, role: peerReceives } = frame.performative;
    const namesake = own.links[name];
    if (namesake?.is_receiver() === peerReceives) {
      delete own.links[name];
      namesake.name = `${name} (other direction)`;
      own.links[namesake.name] = namesake;
    }
    onAttach(frame);
  };
}

/** rhea walks through every number that a disposition spans; only those that exist are worth it. */
function boundDispositions(
  side: SessionInternals["incoming"] | SessionInternals["outgoing"],
): void {
  const onDisposition = side.on_disposition.bind(side);
  side.on_disposition = (fields) => {
    if (typeof fields.last === "number") {
      fields.last = Math.min(fields.last, side.next_delivery_id ?? 0);
    }
    onDisposition(fields);
  };
}

/** Hands messages over as bytes, and bounds what an oversized one can occupy. */
function keepBytes(session: Session, maxMessageBytes: number): void {
  const { incoming } = internals.session(session);
  const collectedBytes = new WeakMap<object, number>();
  const onTransfer = incoming.on_transfer.bind(incoming);
  incoming.on_transfer = (frame, receiver) => {
    const before = collectedBytes.get(receiver._incomplete ?? frame) ?? 0;
    if (frame.performative.message_format === 0) {
      frame.performative.message_format = RAW_FORMAT;
    }
    if (before > maxMessageBytes) {
      // It is too large already, and what comes now is not kept.
      frame.payload = Buffer.alloc(0);
    }
    onTransfer(frame, receiver);
    if (receiver._incomplete !== undefined) {
      collectedBytes.set(receiver._incomplete, before + (frame.payload?.length ?? 0));
    }
  };
}

/** rhea takes what came of an aborted message for a whole one. */
function dropAborted(session: Session): void {
  const { incoming } = internals.session(session);
  const onTransfer = incoming.on_transfer.bind(incoming);
  incoming.on_transfer = (frame, receiver) => {
    if (frame.performative.aborted && receiver._incomplete !== undefined) {
      incoming.next_transfer_id += 1;
      receiver._incomplete.settled = true;
      receiver._incomplete = undefined;
    } else {
      onTransfer(frame, receiver);
    }
  };
}

/** rhea gives two adjacent deliveries settled in one go the outcome of the first. */
function writeIncomingOutcomesApart(session: Session): void {
  const { incoming } = internals.session(session);
  const process = incoming.process.bind(incoming);
  incoming.process = (self) => {
    const [first = [], ...others] = inRuns(incoming.updated);
    incoming.updated = first;
    process(self);
    for (const run of others) {
      incoming.updated = run;
      process(self);
    }
  };
}

/** Dispositions one outcome at a time, transfers after the attach of their link, drains after the last transfer. */
function writeOutgoingInOrder(session: Session): void {
  const { outgoing, links } = internals.session(session);
  const answered: DeliveryInternals[] = [];
  const process = outgoing.process.bind(outgoing);
  const update = outgoing.update.bind(outgoing);
  outgoing.update = (delivery, settled, state) => {
    update(delivery, settled, state);
    answered.push(...outgoing.pending_dispositions.splice(0));
    // The peer of a second-mode receiver never settles; rhea would keep the delivery for ever.
    delivery.remote_settled ||= settled;
  };
  outgoing.process = () => {
    for (const link of Object.values(links)) {
      if (link.state.open_requests > 0) {
        link._process();
      }
    }
    process();
    for (const run of inRuns(answered.splice(0))) {
      outgoing.pending_dispositions = run;
      process();
    }
  };
}

/** Splits into what rhea writes rightly as one disposition: all accepted, or one delivery. */
function inRuns(deliveries: readonly DeliveryInternals[]): DeliveryInternals[][] {
  const runs: DeliveryInternals[][] = [];
  let previousAccepted = false;
  for (const delivery of deliveries) {
    const accepted = delivery.state?.descriptor?.value === ACCEPTED;
    if (accepted && previousAccepted) {
      runs.at(-1)?.push(delivery);
    } else {
      runs.push([delivery]);
    }
    previousAccepted = accepted;
  }
  return runs;
}

/**
 * Keeps rhea from answering the attach that is being handled; `acceptAttach` or `endLocally` does it later. A peer
 * that detaches meanwhile gets no answer: a late attach would make a client on rhea attach again, without end.
 */
export function holdAttach(link: Sender | Receiver): void {
  const { state } = internals.link(link);
  state.open_requests = 0;
  state.local_open = false;
}

export interface AttachAnswer {
  /** The values as AMQP has them. */
  readonly filter?: Readonly<Record<string, AmqpValue>>;
  readonly properties?: Readonly<Record<string, AmqpValue>>;
}

/** Answers an attach with what the peer asked for. */
export function acceptAttach(link: Sender | Receiver, answer: AttachAnswer = {}): void {
  const { attach } = internals.link(link).local;
  const filter = answer.filter === undefined ? {} : { filter: typedEntries(answer.filter) };
  link.set_source({ address: link.source?.address, ...filter });
  link.set_target({ address: link.target?.address });
  attach.snd_settle_mode = link.snd_settle_mode ?? 2;
  attach.rcv_settle_mode = link.rcv_settle_mode ?? 0;
  if (answer.properties !== undefined) {
    attach.properties = typedEntries(answer.properties);
  }
  link.open();
}

/**
 * Ends a link from our side. One whose attach has not been answered is refused as AMQP wants it: by an attach without
 * source and target, then a detach with the error.
 */
export function endLocally(link: Sender | Receiver, error: unknown): void {
  link.open();
  link.close(amqpError(error));
}

/** The filter of a source that the peer attached to, with types. */
export function sourceFilter(link: Sender, name: string): AmqpValue | undefined {
  const value = link.source?.filter?.[name];
  return value === undefined ? undefined : toAmqpValue(value);
}

export interface PeerOutcome {
  readonly kind: "accepted" | "rejected" | "released" | "modified";
  /** The fields of the outcome by position, with their types. */
  readonly fields: readonly AmqpValue[];
}

/** What the peer says became of a delivery; null when it says nothing that settles. */
export function peerOutcome(delivery: Delivery): PeerOutcome | null {
  const state = internals.delivery(delivery).remote_state;
  const kind = state?.constructor.composite_type;
  if (state === undefined || kind === undefined || kind === "received") {
    return null;
  }
  return { kind: kind as PeerOutcome["kind"], fields: state.value.map(toAmqpValue) };
}

interface Outcomes {
  accepted(): { described(): unknown };
  rejected(fields: { error: AmqpError }): { described(): unknown };
}

const outcomes = rhea.message as unknown as Outcomes;

/** Answers a settlement by the receiver: it is done, or it is refused. */
export function answerSettlement(delivery: Delivery, refusal: AmqpError | null): void {
  const outcome = refusal === null ? outcomes.accepted() : outcomes.rejected({ error: refusal });
  delivery.update(true, outcome.described());
}

/** A link by which the peer receives, with credit counted as of what was handed to rhea, written or not. */
export interface Outgoing {
  credit(): number;
  send(bytes: Buffer, tag: Buffer): void;
}

/** Takes over a link's credit. A peer that drains gets back what is left once all that was sent is written. */
export function outgoing(sender: Sender): Outgoing {
  const link = internals.link(sender);
  const session = internals.session(sender.session);
  let issued = 0;
  const mustAnswerDrain = () => link._draining && issued === link.delivery_count;
  // rhea's own answer is skipped when the credit has been used up meanwhile.
  link._get_drain = () => {
    if (!mustAnswerDrain()) {
      return false;
    }
    link._draining = false;
    link.delivery_count += link.credit;
    link.credit = 0;
    issued = link.delivery_count;
    return true;
  };
  const process = link._process.bind(link);
  link._process = () => {
    link.issue_flow ||= mustAnswerDrain();
    process();
  };
  return {
    credit: () =>
      Math.min(link.delivery_count + link.credit - issued, session.outgoing.available()),
    send: (bytes, tag) => {
      issued += 1;
      sender.send(bytes, tag, 0);
    },
  };
}
