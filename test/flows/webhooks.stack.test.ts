import { afterAll, expect, test } from "vitest";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { newSecret } from "../support/webhook-connection.ts";
import { answer, webhookReceiver } from "../support/webhook-receiver.ts";

const SECRET = newSecret();
const ANY = { "webhook-allowed-origin": "*", "webhook-allowed-rate": "60" };
const receiver = await webhookReceiver((socket, request) =>
  answer(request.method === "OPTIONS" ? 200 : 500, ANY, echo(request))(socket, request),
);

const local = useLocalStack({
  shop: true,
  settings: () => ({
    CONNECTION_PARTNER_HOOK: JSON.stringify({
      kind: "webhook",
      url: `${receiver.base}/hook-canary?sig=canary-signature&code=canary%2Fcode`,
      secrets: [SECRET],
      headers: { "x-api-key": "canary-key" },
      allowPrivate: true,
    }),
  }),
});
const answers: string[] = [];

afterAll(() => receiver.close());

function echo({
  target,
  headers,
  body,
}: {
  target: string;
  headers: object;
  body: Buffer;
}): string {
  return `${target} ${JSON.stringify(headers)} ${SECRET} ${body}`;
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects
async function operator(method: string, path: string, body?: unknown): Promise<any> {
  const got = await local.call("operator", {
    method,
    path,
    ...(body === undefined ? {} : { body }),
  });
  answers.push(`${method} ${path} ${got.status} ${got.bytes}`);
  return got.status === 204 || got.bytes.length === 0 ? null : got.json();
}

const SUBSCRIPTION = {
  fileTypes: ["Hook.Groups"],
  filter: "records gt 0",
  via: {
    kind: "webhook",
    connection: "partner-hook",
    body: "cloudevent",
    handshake: "cloudevents",
  },
};

test("a subscription's connection must be a webhook", async () => {
  for (const [connection, part] of [
    ["shop", "must be a webhook"],
    ["nowhere", "CONNECTION_NOWHERE"],
  ]) {
    const body = { ...SUBSCRIPTION, via: { ...SUBSCRIPTION.via, connection } };
    const problem = await operator("PUT", "/api/definitions/subscriptions/wrong", body);

    const errors = problem.errors.map((error: object) => Object.values(error).join(": "));
    expect(errors).toEqual([expect.stringMatching(`^via.connection: .*${part}`)]);
  }
});

test("a test event needs a file that passes the filter, and goes the way of real ones", async () => {
  await operator("PUT", "/api/definitions/subscriptions/hooked", SUBSCRIPTION);
  expect(await operator("POST", "/api/subscriptions/hooked/test")).toMatchObject({ status: 404 });

  await operator("PUT", "/api/definitions/exports/hook-groups", {
    fileType: "Hook.Groups",
    entities: [
      {
        name: "Groups",
        source: { kind: "postgres", connection: "shop", table: "shop.customer_groups" },
      },
    ],
    format: { kind: "csv" },
  });
  await operator("POST", "/api/exports/hook-groups/runs", { mode: "full" });
  const [first] = await eventually(async () => {
    const { items } = await operator("GET", "/api/subscriptions/hooked/deliveries");
    return items.some(({ dequeues }: { dequeues: number }) => dequeues > 0) ? items : null;
  });
  const real = await eventually(async () => {
    const got = await operator("GET", `/api/subscriptions/hooked/deliveries/${first.id}`);
    return got.attempts.length > 0 ? got : null;
  });
  expect(real.attempts.at(-1)).toMatchObject({
    status: 500,
    failure: "The receiver answered 500.",
    answer: expect.stringContaining("***"),
  });

  receiver.answer(answer(200));
  const { deliveryId, sequence } = await operator("POST", "/api/subscriptions/hooked/test");
  const request = await eventually(
    async () =>
      receiver.received.find(({ headers }) => headers["webhook-id"] === deliveryId) ?? null,
  );
  const { data, dataref } = JSON.parse(request.body.toString());
  expect(data.properties).toMatchObject({ sequence, test: true });
  // the link works when it arrives
  expect((await fetch(dataref)).status).toBe(200);
});

test("operators see who has a file, and send it again, alone or with a range", async () => {
  const { items } = await operator("GET", "/api/ledger/Hook.Groups/1/deliveries");
  expect(items).toMatchObject([{ subscriptionId: "hooked", connectorId: null }]);
  const { id } = items[0];
  const callsWith = async (count: number) =>
    eventually(async () => {
      const calls = receiver.received.filter(({ headers }) => headers["webhook-id"] === id);
      return calls.length >= count ? calls.length : null;
    });
  const settled = async () =>
    eventually(async () => {
      const { state } = await operator("GET", `/api/subscriptions/hooked/deliveries/${id}`);
      return state === "acked" ? state : null;
    });

  await operator("POST", `/api/subscriptions/hooked/deliveries/${id}/requeue`);
  const before = await callsWith(2);
  await settled();
  const range = { fileType: "Hook.Groups", from: 1, to: 5 };
  expect(await operator("POST", "/api/subscriptions/hooked/replay", range)).toEqual({
    count: 1,
    next: null,
  });
  await callsWith(before + 1);
  await settled();
  await operator("POST", "/api/subscriptions/hooked/resume");
  expect(await operator("GET", "/api/subscriptions/hooked")).toMatchObject({
    subscriptionId: "hooked",
    via: "webhook",
    stopped: null,
  });
});

test("operators see whom a subscription calls and what the receiver said, and ask again", async () => {
  const described = await operator("GET", "/api/subscriptions/hooked/webhook");
  expect(described).toMatchObject({
    connection: "partner-hook",
    url: expect.stringMatching(/^http:\/\/localhost:\d+\/\.\.\.code$/),
    secrets: 1,
    handshake: "cloudevents",
    consent: { agreed: true, said: '200, "*"', allowedRate: "60" },
  });

  const asked = await operator("POST", "/api/subscriptions/hooked/webhook/handshake");
  expect(asked.consent).toMatchObject({ agreed: false, said: "200, no WebHook-Allowed-Origin" });
  expect(await operator("GET", "/api/subscriptions/none/webhook")).toMatchObject({ status: 404 });
});

test("neither URL, nor header, nor secret is in any answer or line of the log", async () => {
  await operator("GET", "/api/definitions/subscriptions/hooked");
  await operator("GET", "/api/definitions/subscriptions/hooked/history");
  await operator("GET", "/api/subscriptions/hooked");

  const told = [...answers, ...local.lines].join("\n");
  expect(told).toContain("webhook-asked");
  expect(told).toContain("delivery-failed");
  expect(told).not.toMatch(/canary/);
  expect(told).not.toContain(SECRET.slice("whsec_".length));
});
