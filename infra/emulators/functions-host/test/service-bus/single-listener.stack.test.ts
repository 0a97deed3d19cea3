import type { ServiceBusClient } from "@azure/service-bus";
import { aQueue } from "service-bus-emulator/testing/builders";
import { eventually } from "service-bus-emulator/testing/eventually";
import { startBus } from "service-bus-emulator/testing/sdk";
import { expect, test } from "vitest";
import { hostLog } from "../../src/log.ts";
import type { MessagePorts, MessageSource } from "../../src/service-bus/message-handler.ts";
import { singleListener } from "../../src/service-bus/single-listener.ts";

/** A client whose subscription hands out one more message before it closes, as the SDK's may. */
function handingOutLate(client: ServiceBusClient, send: () => Promise<void>): ServiceBusClient {
  const createReceiver = (name: string) => {
    const receiver = client.createReceiver(name);
    const subscribe = receiver.subscribe.bind(receiver);
    const { promise: handled, resolve } = Promise.withResolvers<void>();
    receiver.subscribe = ({ processMessage, ...handlers }, options) => {
      const handOut: typeof processMessage = (message) => processMessage(message).then(resolve);
      const subscription = subscribe({ ...handlers, processMessage: handOut }, options);
      return {
        close: async () => {
          await send();
          await handled;
          await subscription.close();
        },
      };
    };
    return receiver;
  };
  return { createReceiver } as ServiceBusClient;
}

test("a message that comes while the host stops goes back untried, and to no function", async () => {
  const { client, namespace } = await startBus({ queues: [aQueue("orders")] });
  const sender = client.createSender("orders");
  let invoked = 0;
  const ports = {
    client: handingOutLate(client, () => sender.sendMessages({ body: "late" })),
    log: hostLog(() => undefined),
    invoke: () => {
      invoked += 1;
      return Promise.resolve();
    },
  } as unknown as MessagePorts;
  const listener = singleListener(ports, {
    target: { name: "f", trigger: { name: "message" } },
    entity: { name: "orders", subscription: undefined },
    options: { maxConcurrentCalls: 1, maxAutoLockRenewalDuration: 0 },
  } as unknown as MessageSource);
  await listener.start();

  await listener.stop();

  const stored = () => [...namespace.store("orders").messages.values()][0];
  expect(invoked).toBe(0);
  await eventually(() => stored()?.lock).toBe(null);
  expect(stored()?.deliveryCount).toBe(0);
});
