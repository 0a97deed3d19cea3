import { getSessionState, listSessions, renewSession, setSessionState } from "../broker/session.ts";
import type { AmqpValue } from "../broker/types.ts";
import { bytesOrNull, integerIn, mapValue, textIn } from "./amqp-body.ts";
import type { ManagementCall, Operation } from "./amqp-operation.ts";

export const SESSION_OPERATIONS: Readonly<Record<string, Operation>> = {
  "renew-session-lock": ({ store, body, linkName }) => {
    const untilMs = renewSession(store, textIn(body, "session-id"), linkName);
    return mapValue({ expiration: { type: "timestamp", value: untilMs } });
  },
  "set-session-state": ({ store, body, linkName }) => {
    const session = { id: textIn(body, "session-id"), holderName: linkName };
    setSessionState(store, session, bytesOrNull(body, "session-state"));
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

function getMessageSessions({ store, body }: ManagementCall): AmqpValue | null {
  const since = body.get("last-updated-time");
  const skip = integerIn(body, "skip");
  const ids = listSessions(store, since?.type === "timestamp" ? since.value : 0);
  const page = ids.slice(skip, skip + integerIn(body, "top"));
  if (page.length === 0) {
    return null;
  }
  return mapValue({
    skip: { type: "int", value: skip + page.length },
    "sessions-ids": { type: "array", value: page.map((value) => ({ type: "string", value })) },
  });
}
