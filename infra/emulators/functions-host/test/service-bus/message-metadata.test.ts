import type { ServiceBusReceivedMessage } from "@azure/service-bus";
import { expect, test } from "vitest";
import { messageData, messageMetadata } from "../../src/service-bus/message-metadata.ts";

const aMessage = (overrides: Partial<ServiceBusReceivedMessage> = {}) =>
  ({
    body: Buffer.from("text"),
    messageId: "m",
    lockToken: "t",
    deliveryCount: 0,
    enqueuedTimeUtc: new Date("2026-01-31T10:00:00.120Z"),
    sequenceNumber: 7,
    ...overrides,
  }) as unknown as ServiceBusReceivedMessage;

test("what a message lacks is left out, and what it has takes .NET's form", () => {
  const metadata = messageMetadata(aMessage());

  expect(metadata).toMatchObject({
    DeliveryCount: { json: "1" },
    MessageId: { string: "m" },
    LockToken: { string: "t" },
    SequenceNumber: { json: "7" },
    EnqueuedTimeUtc: { json: '"2026-01-31T10:00:00.12"' },
    EnqueuedTime: { json: '"2026-01-31T10:00:00.12+00:00"' },
    ExpiresAtUtc: { json: '"9999-12-31T23:59:59.9999999"' },
    ApplicationProperties: { json: "{}" },
  });
  for (const absent of ["CorrelationId", "Subject", "SessionId", "TransactionPartitionKey"]) {
    expect(metadata).not.toHaveProperty(absent);
  }
});

test("whole seconds have no fraction", () => {
  const metadata = messageMetadata(aMessage({ enqueuedTimeUtc: new Date("2026-01-31T10:00:00Z") }));

  expect(metadata.EnqueuedTimeUtc).toEqual({ json: '"2026-01-31T10:00:00"' });
});

test("body members replace properties of the same name in any case, under the property's spelling", () => {
  const body = Buffer.from('{"MESSAGEID":"forged","list":[1],"object":{"a":1},"none":null}');
  const metadata = messageMetadata(aMessage({ body }));

  expect(metadata.MessageId).toEqual({ string: "forged" });
  expect(metadata.object).toEqual({ json: '{"a":1}' });
  expect(metadata).not.toHaveProperty("list");
  expect(metadata).not.toHaveProperty("none");
});

test.each([
  [Buffer.from("ü"), { string: "ü" }],
  ["a value", { string: "a value" }],
  [{ a: 1 }, { string: '{"a":1}' }],
  [undefined, { string: "" }],
])("the body %j arrives as %j", (body, expected) => {
  expect(messageData(aMessage({ body }))).toEqual(expected);
});
