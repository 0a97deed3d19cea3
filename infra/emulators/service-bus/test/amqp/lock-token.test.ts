import { expect, test } from "vitest";
import { lockTokenOf, tagOf } from "../../src/amqp/lock-token.ts";

const TOKEN = "00112233-4455-6677-8899-aabbccddeeff";

test("tagOf writes a GUID as .NET does", () => {
  expect(tagOf(TOKEN).toString("hex")).toBe("33221100554477668899aabbccddeeff");
});

test("lockTokenOf reads what tagOf writes", () => {
  expect(lockTokenOf(tagOf(TOKEN))).toBe(TOKEN);
});

test("lockTokenOf makes of a foreign tag a token that no message has", () => {
  expect(lockTokenOf(Buffer.from([1, 2]))).toBe("0102");
});
