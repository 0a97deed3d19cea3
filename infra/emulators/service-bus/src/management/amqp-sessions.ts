import { MAX_MESSAGE_BYTES } from "../amqp/context.ts";
import { BrokerError } from "../broker/errors.ts";
import { getSessionState, listSessions, renewSession, setSessionState } from "../broker/session.ts";
import type { AmqpValue } from "../broker/types.ts";
import { bytesOrNull, integerIn, mapValue, type RequestBody, textIn } from "./amqp-body.ts";
import type { ManagementCall, Operation } from "./amqp-operation.ts";

export const SESSION_OPERATIONS: Readonly<Record<string, Operation>> = {
  "renew-session-lock": ({ store, body, linkName }) => {
    const untilMs = renewSession(store, textIn(body, "session-id"), linkName);
    return mapValue({ expiration: { type: "timestamp", value: untilMs } });
  },
  "set-session-state": ({ store, body, linkName }) => {
    const session = { id: textIn(body, "session-id"), holderName: linkName };
    setSessionState(store, session, stateIn(body));
    return mapValue({});
  },
  "get-session-state": ({ store, body, linkName }) => {
    const state = getSessionState(store, textIn(body, "session-id"), linkName);
    return mapValue({
      "session-state":
        state === null ? { type: "null", value: null } : { type: "binary", value: state },
    });
  },
  "get-message-sessions": getMessageSessions,
};

/** @throws BrokerError `message-too-large` */
function stateIn(body: RequestBody): Buffer | null {
  const state = bytesOrNull(body, "session-state");
  if (state !== null && state.length > MAX_MESSAGE_BYTES) {
    throw new BrokerError(
      "message-too-large",
      `The state of the session (${state.length} bytes) exceeds the limit (${MAX_MESSAGE_BYTES} bytes).`,
    );
  }
  return state;
}

/** The time by which a client asks for all sessions: the end of the year 9999, .NET's last. */
const ALL_SESSIONS_MS = 253_402_300_799_999;

function getMessageSessions({ store, body }: ManagementCall): AmqpValue | null {
  const since = body.get("last-updated-time");
  const skip = integerIn(body, "skip");
  const sinceMs = since?.type === "timestamp" ? since.value : ALL_SESSIONS_MS;
  const ids = listSessions(store, sinceMs >= ALL_SESSIONS_MS ? null : sinceMs);
  const page = ids.slice(skip, skip + integerIn(body, "top"));
  if (page.length === 0) {
    return null;
  }
  return mapValue({
    skip: { type: "int", value: skip + page.length },
    "sessions-ids": { type: "array", value: page.map((value) => ({ type: "string", value })) },
  });
}
