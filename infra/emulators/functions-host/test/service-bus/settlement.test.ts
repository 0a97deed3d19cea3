import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import { expect, test } from "vitest";
import { settler } from "../../src/service-bus/settlement.ts";

const aMessage = (messageId: string) => ({ messageId }) as ServiceBusReceivedMessage;
const settled = () => new Promise((resolve) => setImmediate(resolve));

test("a settlement begins when the one before has ended, however that ended", async () => {
  const gates = new Map<string, PromiseWithResolvers<void>>();
  const begun: string[] = [];
  const begin = (verb: string) => (message: ServiceBusReceivedMessage) => {
    const gate = Promise.withResolvers<void>();
    gates.set(String(message.messageId), gate);
    begun.push(`${verb} ${message.messageId}`);
    return gate.promise;
  };
  const settle = settler({ completeMessage: begin("complete"), abandonMessage: begin("abandon") });
  const results = Promise.allSettled([
    settle.complete(aMessage("1")),
    settle.abandon(aMessage("2")),
    settle.complete(aMessage("3")),
  ]);

  await settled();
  expect(begun).toEqual(["complete 1"]);
  gates.get("1")?.reject(new Error("lock lost"));
  await settled();
  expect(begun).toEqual(["complete 1", "abandon 2"]);
  gates.get("2")?.resolve();
  await settled();
  expect(begun).toEqual(["complete 1", "abandon 2", "complete 3"]);
  gates.get("3")?.resolve();

  expect((await results).map(({ status }) => status)).toEqual([
    "rejected",
    "fulfilled",
    "fulfilled",
  ]);
});
