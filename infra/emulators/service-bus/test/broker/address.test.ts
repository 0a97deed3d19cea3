import { expect, test } from "vitest";
import { addressKey, parseAddress } from "../../src/broker/address.ts";

test.each([
  ["orders", { entity: "orders", subscription: null, part: "main" }],
  ["/team/orders/", { entity: "team/orders", subscription: null, part: "main" }],
  ["sb://localhost:5672/orders", { entity: "orders", subscription: null, part: "main" }],
  [
    "amqps://ns.servicebus.windows.net/orders/$DeadLetterQueue",
    { entity: "orders", subscription: null, part: "dead-letter" },
  ],
  ["orders/$deadletterqueue", { entity: "orders", subscription: null, part: "dead-letter" }],
  [
    "orders/$Transfer/$DeadLetterQueue",
    { entity: "orders", subscription: null, part: "transfer-dead-letter" },
  ],
  ["files/Subscriptions/Acme", { entity: "files", subscription: "Acme", part: "main" }],
  [
    "team/files/subscriptions/acme/$DeadLetterQueue",
    { entity: "team/files", subscription: "acme", part: "dead-letter" },
  ],
])("parseAddress reads %s", (text, address) => {
  expect(parseAddress(text)).toEqual(address);
});

test("addressKey is one for all ways to write an address", () => {
  const ways = [
    "Files/subscriptions/Acme/$deadletterqueue",
    "/files/Subscriptions/ACME/$DeadLetterQueue",
  ];

  expect(new Set(ways.map(addressKey)).size).toBe(1);
});

test("addressKey tells the parts of an entity apart", () => {
  const parts = ["orders", "orders/$DeadLetterQueue", "orders/$Transfer/$DeadLetterQueue"];

  expect(new Set(parts.map(addressKey)).size).toBe(3);
});
