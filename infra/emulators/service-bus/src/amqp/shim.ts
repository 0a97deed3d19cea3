import type { Socket } from "node:net";
import type { AmqpError, Connection, Container, Delivery, Receiver, Sender } from "rhea";
import rhea from "rhea";
import type { AmqpValue } from "../broker/types.ts";
import { amqpError } from "./condition.ts";
import { internals } from "./rhea-internals.ts";
import { toAmqpValue, typedEntries, typedValue } from "./typed-value.ts";

/*
 * rhea is made for clients. This file adds what a server needs, through rhea's internals. Only this file and
 * shim-session.ts touch them. It fits only the version in package.json.
 */

/** Lets a connection use a socket that was accepted elsewhere. */
export function acceptSocket(container: Container, socket: Socket, options: object): Connection {
  const connection = container.create_connection(options as never) as Connection & {
    accept(socket: Socket): void;
    eof(): void;
  };
  ignoreEndedSessions(connection);
  connection.accept(socket);
  // rhea stops its timers on "end" and "error"; a cut socket emits neither.
  socket.once("close", () => connection.eof());
  return connection;
}

const SESSION_FRAMES = [
  "on_attach",
  "on_flow",
  "on_transfer",
  "on_disposition",
  "on_detach",
  "on_end",
] as const;

/** rhea closes a connection over a frame for a session that has just ended. A peer's library may be late. */
function ignoreEndedSessions(connection: Connection): void {
  const own = internals.connection(connection);
  const begun = new Set<number>();
  const onBegin = own.on_begin.bind(own);
  own.on_begin = (frame) => {
    onBegin(frame);
    begun.add(frame.channel);
  };
  for (const name of SESSION_FRAMES) {
    const onFrame = own[name].bind(own);
    own[name] = (frame) => {
      const isOpen = own.remote_channel_map[frame.channel]?.state.remote_open === true;
      if (isOpen || !begun.has(frame.channel)) {
        onFrame(frame);
      }
    };
  }
}

/**
 * Keeps rhea from answering the attach that is being handled; `acceptAttach` or `endLocally` does it later. A peer that
 * detaches meanwhile gets no answer: after a late attach, a client on rhea would attach again, without end.
 */
export function holdAttach(link: Sender | Receiver): void {
  const { state } = internals.link(link);
  state.open_requests = 0;
  state.local_open = false;
}

export interface AttachAnswer {
  /** The values in AMQP's types. */
  readonly filter?: Readonly<Record<string, AmqpValue>>;
  readonly properties?: Readonly<Record<string, AmqpValue>>;
  /** Replaces the target that the peer asked for. */
  readonly target?: AmqpValue;
  /** Replaces the limit of all links. */
  readonly maxMessageBytes?: number;
}

/** Answers an attach with the peer's own terms. */
export function acceptAttach(link: Sender | Receiver, answer: AttachAnswer = {}): void {
  const { attach } = internals.link(link).local;
  const filter = answer.filter === undefined ? {} : { filter: typedEntries(answer.filter) };
  link.set_source({ address: link.source?.address, ...filter });
  link.set_target({ address: link.target?.address });
  if (answer.target !== undefined) {
    attach.target = typedValue(answer.target);
  }
  if (answer.maxMessageBytes !== undefined) {
    attach.max_message_size = answer.maxMessageBytes;
  }
  attach.snd_settle_mode = link.snd_settle_mode ?? 2;
  attach.rcv_settle_mode = link.rcv_settle_mode ?? 0;
  if (answer.properties !== undefined) {
    attach.properties = typedEntries(answer.properties);
  }
  link.open();
}

/**
 * Ends a link from our side. If its attach has not been answered, it is refused in AMQP's way: an attach without source
 * and target, then a detach with the error.
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

/** The peer's outcome of a delivery; null when it does not settle. */
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

const TRANSACTIONAL_STATE = 0x34n;

/** The id of the transaction that a message was sent in; null outside of one. */
export function transferTransaction(delivery: Delivery): Buffer | null {
  const { remote_state: state } = internals.delivery(delivery);
  return Number(state?.descriptor?.value) === Number(TRANSACTIONAL_STATE)
    ? bytesOf(state?.value[0])
    : null;
}

/** The id of the transaction that a message is settled in; null outside of one. */
export function settlementTransaction(delivery: Delivery): Buffer | null {
  return bytesOf(internals.delivery(delivery).transaction);
}

function bytesOf(typed: unknown): Buffer | null {
  const value = typed === undefined ? null : toAmqpValue(typed);
  return value?.type === "binary" ? value.value : null;
}

/** Answers a delivery or a settlement of the peer: done or refused. The answer is settled in every mode of the link. */
export function answerSettlement(
  delivery: Delivery,
  refusal: AmqpError | null,
  transactionId: Buffer | null = null,
): void {
  if (refusal !== null) {
    delivery.update(true, outcomes.rejected({ error: refusal }).described());
  } else if (transactionId === null) {
    delivery.update(true, outcomes.accepted().described());
  } else {
    answerState(delivery, TRANSACTIONAL_STATE, [
      { type: "binary", value: transactionId },
      described(ACCEPTED, []),
    ]);
  }
}

/** Answers with a state that rhea does not know, such as a declared transaction. */
export function answerState(delivery: Delivery, code: bigint, fields: readonly AmqpValue[]): void {
  delivery.update(true, typedValue(described(code, fields)) as never);
}

const ACCEPTED = 0x24n;

function described(code: bigint, fields: readonly AmqpValue[]): AmqpValue {
  return {
    type: "described",
    descriptor: { type: "ulong", value: code },
    value: { type: "list", value: fields },
  };
}

/** A link by which the peer receives. Its credit counts messages that were handed to rhea, written or not. */
export interface Outgoing {
  credit(): number;
  send(bytes: Buffer, tag: Buffer): void;
}

/** Takes over a link's credit. A peer that drains gets back the remaining credit after all messages are written. */
export function outgoing(sender: Sender): Outgoing {
  const link = internals.link(sender);
  const session = internals.session(sender.session);
  let issued = 0;
  const mustAnswerDrain = () => link._draining && issued === link.delivery_count;
  // rhea's own answer is skipped when the credit was used up meanwhile.
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
