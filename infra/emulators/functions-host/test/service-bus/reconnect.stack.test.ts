import { ServiceBusClient } from "@azure/service-bus";
import { startServiceBus } from "service-bus-emulator";
import { parseConfig } from "service-bus-emulator/config";
import { expect, test } from "vitest";
import { startAppForTest } from "../start-app.ts";

const entities = ["one", "fails", "atOnce", "concurrent"].map((Name) => ({ Name }));
const config = parseConfig(
  JSON.stringify({
    UserConfig: {
      Namespaces: [
        {
          Name: "sbemulatorns",
          Queues: [...entities, { Name: "sessions", Properties: { RequiresSession: true } }],
          Topics: [{ Name: "events", Subscriptions: [{ Name: "all" }] }],
        },
      ],
    },
  }),
);

test("an app started before its broker, and left by it, gets its messages when the broker is there", async () => {
  const probe = await startServiceBus({ config });
  const { port, connectionString } = probe;
  await probe.stop();
  const app = await startAppForTest("messages.ts", {
    settings: { Bus: connectionString, OneQueue: "one" },
    // the broker is gone when the app stops
    arguments: ["--grace-ms", "500"],
    hostJson: {
      extensions: { serviceBus: { clientRetryOptions: { mode: "fixed", delay: "00:00:00.1" } } },
    },
  });
  await app.line("Service Bus (");

  for (const round of ["first", "second"]) {
    const broker = await startServiceBus({ config, port });
    const client = new ServiceBusClient(connectionString);
    await client.createSender("one").sendMessages({ body: `one ${round}` });
    await client.createSender("sessions").sendMessages({ sessionId: round, body: { step: round } });

    await app.line(`one {"message":"one ${round}"`);
    await app.line(`sessions {"sessionId":"${round}"`);
    await client.close();
    await broker.stop();
  }

  expect(app.log.filter(({ level }) => level === "error")).toEqual([]);
}, 60_000);
