import type { Session } from "rhea";
import type { AmqpValue } from "../broker/types.ts";
import {
  type AttachFrame,
  type DeliveryInternals,
  internals,
  type SessionInternals,
  type TransferFrame,
} from "./rhea-internals.ts";
import { typedValue } from "./typed-value.ts";

/*
 * Changes rhea's sessions for use in a server, through rhea's internals. Like shim.ts, it fits only the version in
 * package.json.
 */

/** rhea decodes messages of format 0 only, and loses types. Under this number they stay bytes. */
const RAW_FORMAT = 0x7f_ff_00_00;

const ACCEPTED = 0x24;
const COORDINATOR = 0x30;
const TARGET = 0x29n;
const TRANSACTIONAL_STATE = 0x34;

/** Address of the coordinator of transactions, a kind of target that rhea does not know. */
export const COORDINATOR_ADDRESS = "$coordinator";

/** Changes a session that the peer has begun, before its first link. */
export function prepareSession(session: Session, maxMessageBytes: number): void {
  tellLinksApart(session);
  keepBytes(session, maxMessageBytes);
  dropAborted(session);
  writeIncomingOutcomesApart(session);
  writeOutgoingInOrder(session);
  const { incoming, outgoing } = internals.session(session);
  boundDispositions(incoming);
  boundDispositions(outgoing);
  hearAtOnce(outgoing);
}

/**
 * rhea finds links by name alone. But two links of opposite directions may share a name, and a link that is attached
 * again replaces the older one. `sender_open` and `receiver_open` decide whose it is.
 */
function tellLinksApart(session: Session): void {
  const own = internals.session(session);
  const onAttach = own.on_attach.bind(own);
  let renamed = 0;
  own.on_attach = (frame) => {
    const { name } = frame.performative;
    const namesake = own.links[name];
    if (namesake?.state.remote_open) {
      delete own.links[name];
      renamed += 1;
      namesake.name = `${name} (${renamed})`;
      own.links[namesake.name] = namesake;
    }
    nameCoordinator(frame);
    onAttach(frame);
  };
}

function nameCoordinator({ performative }: AttachFrame): void {
  if (Number(performative.target?.descriptor?.value) === COORDINATOR) {
    const address: AmqpValue = { type: "string", value: COORDINATOR_ADDRESS };
    performative.target = typedValue({
      type: "described",
      descriptor: { type: "ulong", value: TARGET },
      value: { type: "list", value: [address] },
    }) as AttachFrame["performative"]["target"];
  }
}

/**
 * rhea dispatches detaches at once, but settlements in a later pass. A settlement before a detach must count, since the
 * link held the lock when it was sent. A settlement in a transaction is dispatched as the outcome in it.
 */
function hearAtOnce(side: SessionInternals["outgoing"]): void {
  const onDisposition = side.on_disposition.bind(side);
  side.on_disposition = (fields) => {
    const transaction =
      Number(fields.state?.descriptor?.value) === TRANSACTIONAL_STATE ? fields.state?.value : null;
    if (transaction) {
      fields.state = transaction[1] as typeof fields.state;
    }
    onDisposition(fields);
    for (const delivery of side.updated.splice(0)) {
      delivery.transaction = transaction?.[0];
      tell(delivery);
    }
  };
}

function tell(delivery: DeliveryInternals): void {
  const { link, remote_state: state, remote_settled: settled } = delivery;
  const outcome = state?.constructor.composite_type;
  if (outcome !== undefined) {
    link.dispatch(outcome, link._context({ delivery }));
  }
  if (settled) {
    link.dispatch("settled", link._context({ delivery }));
  }
}

/** rhea walks through every number in a disposition's range. Only numbers that exist are needed. */
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

/** Passes messages on as bytes, and bounds the memory of an oversized one. */
function keepBytes(session: Session, maxMessageBytes: number): void {
  const { incoming } = internals.session(session);
  const collectedBytes = new WeakMap<object, number>();
  const onTransfer = incoming.on_transfer.bind(incoming);
  incoming.on_transfer = (frame, receiver) => {
    const before = collectedBytes.get(receiver._incomplete ?? frame) ?? 0;
    const maxBytes = receiver.local.attach.max_message_size || maxMessageBytes;
    keepState(frame);
    if (frame.performative.message_format === 0) {
      frame.performative.message_format = RAW_FORMAT;
    }
    if (before > maxBytes) {
      // The message is too large already, so the rest is not kept.
      frame.payload = Buffer.alloc(0);
    }
    onTransfer(frame, receiver);
    if (receiver._incomplete !== undefined) {
      collectedBytes.set(receiver._incomplete, before + (frame.payload?.length ?? 0));
    }
  };
}

const STATE_FIELD = 7;

/** rhea loses the descriptor of a transfer's state, which tells the transaction of the message. */
function keepState({ performative }: TransferFrame): void {
  Object.defineProperty(performative, "state", { value: performative.value[STATE_FIELD] });
}

/** rhea takes the received part of an aborted message for a whole message. */
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

/** If two adjacent deliveries are settled together, rhea gives both the outcome of the first. */
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

/** Writes one outcome per disposition, transfers after the attach of their link, and drains after the last transfer. */
function writeOutgoingInOrder(session: Session): void {
  const { outgoing, links } = internals.session(session);
  const answered: DeliveryInternals[] = [];
  const process = outgoing.process.bind(outgoing);
  const update = outgoing.update.bind(outgoing);
  outgoing.update = (delivery, settled, state) => {
    update(delivery, settled, state);
    answered.push(...outgoing.pending_dispositions.splice(0));
    // The peer of a second-mode receiver never settles, so rhea would keep the delivery forever.
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

/** Splits into runs that rhea writes correctly as one disposition: all accepted, or one delivery. */
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
