import type { Sender } from "rhea";
import { BrokerError } from "../broker/errors.ts";
import { acceptSession, releaseSession } from "../broker/session.ts";
import type { Consumer, Lane, Store } from "../broker/store.ts";
import { systemClock } from "../clock.ts";
import { endLink, type OpenLink, openLink } from "./connection.ts";
import type { LinkContext } from "./context.ts";
import { consumerOf, giveMessages, hearClient, type ReceivingLink } from "./receive-link.ts";
import { acceptAttach, endLocally, holdAttach, outgoing, sourceFilter } from "./shim.ts";

const SESSION_FILTER = "com.microsoft:session-filter";
const TIMEOUT_PROPERTY = "com.microsoft:timeout";
const DEFAULT_WAIT_MS = 60_000;
/**
 * A wait ends so much earlier than requested; a short wait ends earlier by a share of its length. The client gives up
 * at the requested moment and ends its AMQP session. An answer after that is an error of the whole connection for it,
 * and every lock of its process is lost.
 */
const EARLIER_MS = 10_000;
const EARLIER_SHARE = 0.25;

/** .NET counts units of 100 ns from the year 1. */
const EPOCH_TICKS = 621_355_968_000_000_000n;
const TICKS_PER_MS = 10_000n;

/** The session that an attach asks for; null for any session, undefined for none. */
export function sessionAskedFor(sender: Sender): string | null | undefined {
  const filter = sourceFilter(sender, SESSION_FILTER);
  const value = filter?.type === "described" ? filter.value : filter;
  if (value === undefined) {
    return;
  }
  return value.type === "string" ? value.value : null;
}

/** Refuses unknown filters: to ignore one would let too many messages through. @throws BrokerError `not-allowed` */
export function checkFilters(sender: Sender): void {
  const names = Object.keys(sender.source?.filter ?? {});
  if (names.some((name) => name !== SESSION_FILTER)) {
    throw new BrokerError(
      "not-allowed",
      `The link '${sender.name}' contains invalid filter type. System only support Jms or Apache selector filter type.`,
    );
  }
}

interface SessionAttach {
  readonly context: LinkContext;
  readonly sender: Sender;
  readonly store: Store;
  readonly address: string;
}

/**
 * Opens a link by which a client receives one session. The attach is answered when a session is locked, or when the
 * client's time is over.
 *
 * @throws BrokerError when it may not
 */
export function openSessionLink(
  context: LinkContext,
  sender: Sender,
  asked: { readonly address: string; readonly sessionId: string | null },
): OpenLink {
  const store = context.namespace.receivable(asked.address);
  if (!store.settings().requiresSession) {
    throw new BrokerError(
      "not-allowed",
      "It is not possible for an entity that does not require sessions to create a sessionful message receiver.",
    );
  }
  holdAttach(sender);
  return waitForSession({ context, sender, store, address: asked.address }, asked.sessionId);
}

function waitForSession(attach: SessionAttach, sessionId: string | null): OpenLink {
  const { context, sender, store, address } = attach;
  const out = outgoing(sender);
  const plain = consumerOf(sender, out);
  const own: { lane: Lane | null; leaveQueue: () => void } = {
    lane: null,
    leaveQueue: () => undefined,
  };
  const stopWaiting = (): void => {
    stopTimer();
    own.leaveQueue();
  };
  // The client waits in real time, whatever clock the messages use.
  const stopTimer = systemClock.callAt(Date.now() + waitMs(sender), () => {
    stopWaiting();
    endLocally(sender, new BrokerError("timeout", "No session came free in time."));
  });
  const consumer: Consumer = {
    ...plain,
    end: (reason) => {
      stopWaiting();
      plain.end(reason);
    },
  };
  const link = openLink(sender, address, () => {
    stopWaiting();
    if (own.lane !== null) {
      releaseSession(store, own.lane, consumer);
    }
  });
  const accepted = (lane: Lane): void => {
    stopWaiting();
    own.lane = lane;
    startSession(context, { sender, out, store, sessionId: lane.sessionId }, lane);
  };
  sender.on("sender_close", () => endLink(context.connection, link));
  try {
    own.leaveQueue = acceptSession(store, { sessionId, consumer, accepted });
  } catch (error) {
    stopWaiting();
    throw error;
  }
  return link;
}

function startSession(context: LinkContext, link: ReceivingLink, lane: Lane): void {
  const ticks = EPOCH_TICKS + BigInt(Math.trunc(lane.lock?.untilMs ?? 0)) * TICKS_PER_MS;
  acceptAttach(link.sender, {
    filter: { [SESSION_FILTER]: { type: "string", value: lane.sessionId } },
    properties: { "com.microsoft:locked-until-utc": { type: "long", value: ticks } },
  });
  hearClient(context, link);
  // A client that did not wait for the answer may have given credit already.
  giveMessages(link);
}

function waitMs(sender: Sender): number {
  const asked: unknown = sender.properties?.[TIMEOUT_PROPERTY];
  const forMs = typeof asked === "number" && asked > 0 ? asked : DEFAULT_WAIT_MS;
  return forMs - Math.min(EARLIER_MS, EARLIER_SHARE * forMs);
}
