import fc from "fast-check";
import rhea from "rhea";
import { expect, test } from "vitest";
import { BrokerError } from "../../src/broker/errors.ts";
import { BATCH_FORMAT, splitBatch } from "../../src/message/batch.ts";
import { type DeliveryStamp, encodeDelivery } from "../../src/message/delivery.ts";
import { editMessage } from "../../src/message/edit.ts";
import { parseMessage } from "../../src/message/message.ts";
import { aMessage, encoded } from "../builders.ts";

const STAMP: DeliveryStamp = {
  deliveryCount: 2,
  timeToLiveMs: 5000,
  sequenceNumber: 7,
  enqueuedSequenceNumber: 6,
  wasScheduled: false,
  enqueuedAtMs: Date.UTC(2030, 0, 1),
  lockedUntilMs: Date.UTC(2030, 0, 2),
  state: "active",
  deadLetterSource: null,
};

test("parseMessage reads what filters and sessions need", () => {
  const message = aMessage({
    durable: true,
    priority: 9,
    ttl: 1234,
    message_id: "id",
    correlation_id: "correlation",
    to: "to",
    reply_to: "reply",
    subject: "subject",
    content_type: "text/plain",
    group_id: "session",
    reply_to_group_id: "reply session",
    application_properties: { text: "a", whole: rhea.types.wrap_long(5) },
    message_annotations: { "x-opt-scheduled-enqueue-time": new Date(99) },
  });

  expect(message).toMatchObject({
    durable: true,
    priority: 9,
    timeToLiveMs: 1234,
    scheduledEnqueueAtMs: 99,
    system: {
      messageId: "id",
      correlationId: "correlation",
      to: "to",
      replyTo: "reply",
      subject: "subject",
      contentType: "text/plain",
      sessionId: "session",
      replyToSessionId: "reply session",
    },
  });
  expect([...message.applicationProperties]).toEqual([
    ["text", { type: "string", value: "a" }],
    ["whole", { type: "long", value: 5n }],
  ]);
});

test.each([
  ["a number", rhea.types.wrap_ulong(42), "42"],
  ["a GUID", rhea.types.wrap_uuid(Buffer.alloc(16, 1)), "01010101-0101-0101-0101-010101010101"],
  ["bytes", rhea.types.wrap_binary(Buffer.from([0xab])), "ab"],
])("parseMessage shows a message id that is %s as text", (_what, message_id, text) => {
  expect(aMessage({ message_id }).system.messageId).toBe(text);
});

test("parseMessage leaves out what only the broker may say", () => {
  const message = aMessage({
    message_annotations: { "x-opt-sequence-number": 5, "x-opt-partition-key": "p" },
  });

  expect([...message.annotations.keys()]).toEqual(["x-opt-partition-key"]);
});

test("parseMessage fails in no other way on any bytes", () => {
  const whole = encoded({ message_id: "1", application_properties: { a: 1 }, ttl: 5 });
  fc.assert(
    fc.property(fc.nat(whole.length - 1), fc.integer({ min: 0, max: 255 }), (at, byte) => {
      const damaged = Buffer.from(whole);
      damaged[at] = byte;
      try {
        parseMessage(damaged);
      } catch (error) {
        expect(error).toBeInstanceOf(BrokerError);
      }
    }),
    { numRuns: 1000 },
  );
});

test("parseMessage refuses a section after the body", () => {
  const twisted = Buffer.concat([encoded({ body: "a" }), encoded({ subject: "late" })]);

  expect(() => parseMessage(twisted)).toThrow("a section after the body");
});

test("encodeDelivery hands on as bytes what the sender wrote, and adds its own", () => {
  const message = aMessage({
    message_id: rhea.types.wrap_ulong(42),
    application_properties: { decimal: rhea.types.wrap_float(1.5) },
    body: rhea.message.data_section(Buffer.from("hello")),
    message_annotations: { "x-opt-partition-key": "p" },
  });

  const delivered = encodeDelivery(message, STAMP);

  expect(delivered.includes(message.bytes.applicationProperties)).toBe(true);
  expect(rhea.message.decode(delivered)).toMatchObject({
    delivery_count: 2,
    ttl: 5000,
    message_id: 42,
    creation_time: new Date(STAMP.enqueuedAtMs),
    absolute_expiry_time: new Date(STAMP.enqueuedAtMs + 5000),
    body: { content: Buffer.from("hello") },
    message_annotations: {
      "x-opt-partition-key": "p",
      "x-opt-sequence-number": 7,
      "x-opt-enqueue-sequence-number": 6,
      "x-opt-enqueued-time": new Date(STAMP.enqueuedAtMs),
      "x-opt-locked-until": new Date(Date.UTC(2030, 0, 2)),
      "x-opt-message-state": 0,
    },
  });
});

test("encodeDelivery writes the broker's times over the sender's, up to the year 9999", () => {
  const message = aMessage({ creation_time: 1, absolute_expiry_time: 2, correlation_id: "c" });
  const timesFor = (timeToLiveMs: number | null) => {
    const { creation_time, absolute_expiry_time, correlation_id } = rhea.message.decode(
      encodeDelivery(message, { ...STAMP, timeToLiveMs }),
    );
    return [creation_time, absolute_expiry_time, correlation_id];
  };
  const enqueued = new Date(STAMP.enqueuedAtMs);
  const hundredDays = 100 * 24 * 60 * 60_000;

  expect(timesFor(null)).toEqual([enqueued, undefined, "c"]);
  expect(timesFor(hundredDays)).toEqual([
    enqueued,
    new Date(STAMP.enqueuedAtMs + hundredDays),
    "c",
  ]);
  expect(timesFor(1e15)[1]).toEqual(new Date(253_402_300_799_999));
});

test.each([
  ["active", true, 2],
  ["active", false, 0],
  ["deferred", true, 1],
] as const)(
  "encodeDelivery tells the state %s, once scheduled: %s",
  (state, wasScheduled, code) => {
    const delivered = encodeDelivery(aMessage(), { ...STAMP, state, wasScheduled });

    expect(rhea.message.decode(delivered).message_annotations).toMatchObject({
      "x-opt-message-state": code,
    });
  },
);

test("editMessage sets, replaces and removes, and keeps the types of the rest", () => {
  const message = aMessage({
    message_id: rhea.types.wrap_ulong(42),
    application_properties: { gone: 1, kept: rhea.types.wrap_long(5) },
  });

  const edited = editMessage(message, {
    system: { subject: "new", replyToSessionId: "r" },
    applicationProperties: new Map([
      ["gone", null],
      ["added", { type: "string", value: "x" }],
    ]),
  });

  const again = parseMessage(encodeDelivery(edited, STAMP));
  expect(again.system).toEqual({ messageId: "42", subject: "new", replyToSessionId: "r" });
  expect(again.properties[0]).toEqual({ type: "ulong", value: 42n });
  expect([...again.applicationProperties]).toEqual([
    ["kept", { type: "long", value: 5n }],
    ["added", { type: "string", value: "x" }],
  ]);
});

test("editMessage takes a time at the end of all time as it is", () => {
  const forever = rhea.types.wrap_timestamp(Buffer.from("7fffffffffffffff", "hex"));
  const message = aMessage({ application_properties: { forever } });

  const edited = editMessage(message, {
    system: {},
    applicationProperties: new Map([["a", { type: "string", value: "b" }]]),
  });

  expect(edited.applicationProperties.get("forever")?.value).toBeGreaterThan(9e18);
});

test("editMessage removes a system property", () => {
  const edited = editMessage(aMessage({ subject: "old", to: "there" }), {
    system: { subject: null },
    applicationProperties: new Map(),
  });

  expect(edited.system).toEqual({ to: "there" });
});

test("splitBatch takes out the messages of a batch and nothing else", () => {
  const entries = ["a", "b"].map((body) => encoded({ body }));
  const batch = rhea.message.encode({
    message_id: "of the envelope",
    body: rhea.message.data_sections(entries),
  } as never);

  expect(splitBatch(batch)).toEqual(entries);
  expect(BATCH_FORMAT).toBe(2_147_563_264);
});
