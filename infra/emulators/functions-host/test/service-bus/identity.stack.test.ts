import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { ServiceBusClient } from "@azure/service-bus";
import { generate } from "selfsigned";
import { startServiceBus } from "service-bus-emulator";
import { parseConfig } from "service-bus-emulator/config";
import { expect, test } from "vitest";
import { startFunctionsHost } from "../../src/host.ts";

const QUEUES = ["one", "fails", "atOnce", "many", "concurrent", "keeps"].map((Name) => ({ Name }));

test("a trigger reaches its queue with an identity, over TLS, as it does in Azure", async () => {
  const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }]);
  setDefaultCACertificates([...getCACertificates(), cert]);
  const broker = await startServiceBus({
    config: parseConfig(
      JSON.stringify({
        UserConfig: {
          Namespaces: [
            {
              Name: "sbemulatorns",
              Queues: [...QUEUES, { Name: "sessions", Properties: { RequiresSession: true } }],
              Topics: [{ Name: "events", Subscriptions: [{ Name: "all" }] }],
            },
          ],
        },
      }),
    ),
    tls: { key, cert },
  });
  const arrived = Promise.withResolvers<string>();
  const asked: string[] = [];
  const host = await startFunctionsHost({
    appDirectory: join(import.meta.dirname, "..", "apps"),
    main: "messages.ts",
    hostJson: { version: "2.0" },
    settings: { Bus__fullyQualifiedNamespace: `localhost:${broker.port}`, OneQueue: "one" },
    credential: {
      getToken(scopes) {
        asked.push(String(scopes));
        return Promise.resolve({ token: "a.b.c", expiresOnTimestamp: Date.now() + 3_600_000 });
      },
    },
    log: ({ message }) => message.startsWith("one {") && arrived.resolve(message),
  });
  const client = new ServiceBusClient(broker.connectionString);
  await client.createSender("one").sendMessages({ body: "hello" });

  expect(await arrived.promise).toContain('{"message":"hello"');
  expect(asked[0]).toMatch(/^https:\/\/servicebus\.azure\.net\//);

  await client.close();
  await host.stop();
  await broker.stop();
});
