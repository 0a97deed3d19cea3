import { afterEach, expect, test } from "vitest";
import {
  type Answerer,
  answer,
  type Receiver,
  webhookReceiver,
} from "../../../support/webhook-receiver.ts";
import { attemptWorld, ORIGIN } from "./attempt-world.ts";

const open: Receiver[] = [];

afterEach(() => {
  for (const receiver of open.splice(0)) {
    receiver.close();
  }
});

async function receiverOf(answerer: Answerer): Promise<Receiver> {
  const receiver = await webhookReceiver(answerer);
  open.push(receiver);
  return receiver;
}

/** Answers OPTIONS so, and takes every event. */
function options(status: number, headers: Readonly<Record<string, string>> = {}): Answerer {
  return (socket, request) =>
    answer(request.method === "OPTIONS" ? status : 200, headers)(socket, request);
}

/** Answers an Event Grid validation as its handler does, and takes every event. */
function validation(status: number, response: (code: string) => unknown): Answerer {
  return (socket, request) => {
    const isAsked = request.headers["aeg-event-type"] === "SubscriptionValidation";
    const [event] = isAsked ? JSON.parse(request.body.toString()) : [];
    const body = isAsked ? JSON.stringify(response(event.data.validationCode)) : "";
    return answer(isAsked ? status : 200, {}, body)(socket, request);
  };
}

const methods = ({ received }: Receiver) => received.map(({ method }) => method);
const anyone = { "webhook-allowed-origin": "*", "webhook-allowed-rate": "120" };

test("cloudevents: an OPTIONS request names our host, once; then events come", async () => {
  const receiver = await receiverOf(options(200, { ...anyone, "webhook-allowed-origin": ORIGIN }));
  const world = attemptWorld({ url: `${receiver.base}/hook?sig=canary&a=%2F` });

  const outcomes = [
    await world.attempt({ handshake: "cloudevents" }),
    await world.attempt({ handshake: "cloudevents" }),
  ];

  expect(outcomes.map(({ outcome }) => outcome.kind)).toEqual(["delivered", "delivered"]);
  expect(methods(receiver)).toEqual(["OPTIONS", "POST", "POST"]);
  expect(receiver.received[0]).toMatchObject({
    target: "/hook?sig=canary&a=%2F",
    headers: { "webhook-request-origin": ORIGIN },
  });
  expect(world.told.consent).toMatchObject({
    agreed: true,
    said: `200, "${ORIGIN}"`,
    allowedRate: "120",
  });
  expect(JSON.stringify(world.told)).not.toContain("canary");
});

test.each<[name: string, status: number, headers: Record<string, string>, said: string]>([
  ["202", 202, anyone, '202, "*"'],
  [
    "another origin",
    200,
    { "webhook-allowed-origin": "eventgrid.azure.net" },
    '200, "eventgrid.azure.net"',
  ],
  ["no origin", 200, {}, "200, no WebHook-Allowed-Origin"],
  ["405", 405, {}, "405, no WebHook-Allowed-Origin"],
])(
  "cloudevents: %s is not a consent; nothing is sent, and the next attempt asks again",
  async (_, ...[status, headers, said]) => {
    const receiver = await receiverOf(options(status, headers));
    const world = attemptWorld({ url: `${receiver.base}/` });

    const refused = await world.attempt({ handshake: "cloudevents" });

    expect(refused).toMatchObject({
      outcome: { kind: "failed", reason: `has not agreed to be called: it answered ${said}` },
    });
    expect(world.told.consent).toMatchObject({ agreed: false, said });
    receiver.answer(options(200, anyone));
    expect(await world.attempt({ handshake: "cloudevents" })).toMatchObject({
      outcome: { kind: "delivered" },
    });
    expect(methods(receiver)).toEqual(["OPTIONS", "OPTIONS", "POST"]);
  },
);

test("the receiver is asked again when its URL or the handshake changes, not when a secret does", async () => {
  const receiver = await receiverOf((socket, request) =>
    request.method === "OPTIONS"
      ? answer(200, anyone)(socket, request)
      : validation(200, (code) => ({ validationResponse: code }))(socket, request),
  );
  const world = attemptWorld({ url: `${receiver.base}/one` });

  await world.attempt({ handshake: "cloudevents" });
  world.set({ url: `${receiver.base}/one` });
  await world.attempt({ handshake: "cloudevents" });
  world.set({ url: `${receiver.base}/two` });
  await world.attempt({ handshake: "cloudevents" });
  await world.attempt({ handshake: "event-grid" });

  expect(receiver.received.map(({ method, target }) => `${method} ${target}`)).toEqual([
    ...["OPTIONS /one", "POST /one", "POST /one"],
    ...["OPTIONS /two", "POST /two", "POST /two", "POST /two"],
  ]);
});

test("event-grid: a validation event carries a code, and its repetition is the consent", async () => {
  const receiver = await receiverOf(validation(200, (code) => ({ validationResponse: code })));
  const world = attemptWorld({ url: `${receiver.base}/` });

  const { outcome } = await world.attempt({ handshake: "event-grid" });

  expect(outcome).toEqual({ kind: "delivered" });
  const [event] = JSON.parse(String(receiver.received[0]?.body));
  expect(event).toMatchObject({
    eventType: "Microsoft.EventGrid.SubscriptionValidationEvent",
    data: { validationCode: expect.stringMatching(/^[\da-f-]{36}$/) },
  });
  expect(world.told.consent).toMatchObject({ agreed: true, said: "200, the validation code" });
});

test.each<[name: string, answerer: Answerer, said: string]>([
  ["202", validation(202, (code) => ({ validationResponse: code })), "202, the validation code"],
  [
    "another code",
    validation(200, () => ({ validationResponse: "x" })),
    "200, another validationResponse",
  ],
  ["no code", validation(200, () => ({})), "200, no validationResponse"],
  ["a refusal", answer(404), "404, no validationResponse"],
])("event-grid: %s is not a consent", async (_, answerer, said) => {
  const receiver = await receiverOf(answerer);
  const world = attemptWorld({ url: `${receiver.base}/` });

  const { outcome } = await world.attempt({ handshake: "event-grid" });

  expect(outcome).toMatchObject({ kind: "failed", reason: expect.stringContaining(said) });
  expect(receiver.received).toHaveLength(1);
});
