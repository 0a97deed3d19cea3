import { type Attempt, beginAttempt, type ImportPorts } from "../../src/domain/imports/attempt.ts";
import type { ImportDefinition } from "../../src/domain/imports/import-definition.ts";
import type { InboundMessage } from "../../src/domain/submissions/inbound-message.ts";
import type { Inbox } from "../../src/domain/submissions/inbox.ts";
import { randomIds } from "../../src/stores/random-ids.ts";

/** An attempt at a message that nobody else is at; it has to be stopped. */
export async function anAttempt(
  message: InboundMessage,
  definition: ImportDefinition,
  ports: Pick<ImportPorts, "files"> & Partial<ImportPorts>,
): Promise<Attempt> {
  const attempt = await beginAttempt(
    {
      ids: randomIds,
      clock: { now: () => new Date() },
      log: () => undefined,
      inbox: { replace: async () => true } as Pick<Inbox, "replace"> as Inbox,
      ...ports,
    } as ImportPorts,
    { message, definition },
    new AbortController().signal,
  );
  if (attempt === null) {
    throw new Error("somebody is at the message");
  }
  return attempt;
}
