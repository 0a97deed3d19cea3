import { createServer, request as openRequest } from "node:http";
import type { AddressInfo } from "node:net";
import { expect, onTestFinished, test } from "vitest";
import { ownRule } from "../../src/domain/deliveries/topics/desired-rules.ts";
import { useTopicBroker } from "../support/topic-broker.ts";

const broker = useTopicBroker();
const SUBSCRIPTIONS = 50;
const CONFLICT = "SubCode=40901. Another conflicting operation is in progress. Please retry later.";
const BUSY = "SubCode=50009. The request is terminated because the namespace is being throttled.";

/** The broker's admin API, which refuses every second change: by turns with 409 and 429. */
async function conflictingAdmin(): Promise<{ connectionString: string; refused(): number }> {
  const { port } = broker.server;
  const seen = { changes: 0, refused: 0 };
  const server = createServer((request, response) => {
    const { method = "", url: path = "", headers } = request;
    const isChange = method === "PUT" || method === "DELETE";
    if (isChange && ++seen.changes % 2 === 1) {
      const code = seen.refused++ % 2 === 0 ? 409 : 429;
      const detail = code === 409 ? CONFLICT : BUSY;
      request.resume();
      response.writeHead(code, { "content-type": "application/xml; charset=utf-8" });
      response.end(`<Error><Code>${code}</Code><Detail>${detail}</Detail></Error>`);
      return;
    }
    const passed = openRequest({ host: "127.0.0.1", port, method, path, headers }, (answer) => {
      response.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(response);
    });
    request.pipe(passed);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const own = (server.address() as AddressInfo).port;
  return {
    connectionString: broker.server.connectionString.replace(`:${port}`, `:${own}`),
    refused: () => seen.refused,
  };
}

test(`${SUBSCRIPTIONS} subscriptions made at once stand in the end, once each, although the broker refuses every second change`, async () => {
  const admin = await conflictingAdmin();
  const { topic } = await broker.topic("conflicts", { admin: admin.connectionString });
  const ids = Array.from({ length: SUBSCRIPTIONS }, (_, index) => `s${index}`);

  await Promise.all(
    ids.map((id) => topic.create(id, { owner: id, ordered: false, rule: ownRule(id) })),
  );

  const owners: string[] = [];
  for await (const { userMetadata } of broker.admin.listSubscriptions("conflicts")) {
    owners.push(userMetadata ?? "");
  }
  expect(owners.sort()).toEqual([...ids].sort());
  for (const id of ids) {
    expect([...((await topic.find(id))?.rules.keys() ?? [])]).toEqual(["own"]);
  }
  expect(admin.refused()).toBeGreaterThanOrEqual(SUBSCRIPTIONS);
});
