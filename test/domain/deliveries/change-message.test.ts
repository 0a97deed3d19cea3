import { expect, test } from "vitest";
import { changeMessage } from "../../../src/domain/deliveries/change-message.ts";
import type { Message } from "../../../src/domain/deliveries/message.ts";
import type { Messages } from "../../../src/domain/deliveries/messages.ts";
import { aMessage } from "../../support/stored-things.ts";

/** A message that others change before each of so many replacements. */
function busyMessages(first: Message, changes: number) {
  const seen: Message[] = [];
  let current = first;
  let left = changes;
  const messages: Pick<Messages, "find" | "replace"> = {
    find: async () => ({ ...current, downloadedAt: null }),
    replace: async (before, after) => {
      seen.push(before);
      if (left > 0) {
        left--;
        current = { ...current, dequeues: current.dequeues + 1 };
        return false;
      }
      current = after;
      return true;
    },
  };
  return { messages: messages as Messages, seen };
}

const reject = (message: Message): Message => ({ ...message, state: "rejected" });

test("a rule decides anew about what others left", async () => {
  const message = aMessage();
  const { messages, seen } = busyMessages(message, 3);
  const ref = { activityId: message.activityId, messageId: message.id };

  const changed = await changeMessage({ messages }, ref, { verb: "reject", rule: reject });

  expect(changed).toMatchObject({ state: "rejected", dequeues: 3 });
  expect(seen.map(({ dequeues }) => dequeues)).toEqual([0, 1, 2, 3]);
});

test("a message that can never be replaced is given up, rather than tried for ever", async () => {
  const message = aMessage();
  const { messages, seen } = busyMessages(message, Number.POSITIVE_INFINITY);
  const ref = { activityId: message.activityId, messageId: message.id };

  await expect(changeMessage({ messages }, ref, { verb: "reject", rule: reject })).rejects.toThrow(
    `Cannot reject message "${message.id}": it changed 100 times meanwhile`,
  );

  expect(seen).toHaveLength(100);
});
