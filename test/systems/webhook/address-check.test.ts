import { expect, test } from "vitest";
import { addressRefusal } from "../../../src/systems/webhook/address-check.ts";

const PUBLIC = ["8.8.8.8", "20.50.1.1", "2606:4700::1111", "::ffff:8.8.8.8"];
const INSIDE = [
  "127.0.0.1",
  "10.1.2.3",
  "172.31.0.1",
  "192.168.1.1",
  "100.64.0.1",
  "::1",
  "fd00::1",
];
const NEVER = [
  ...["169.254.169.254", "168.63.129.16", "0.0.0.0", "224.0.0.1", "255.255.255.255", "192.0.2.1"],
  ...["::", "fe80::1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2002:7f00:1::", "2001::1", "::7f00:1"],
  ...["ff02::1", "100::1", "4000::1", "fec0::1", "no address", ""],
];

const ALLOWED = { allowPrivate: true, isEncrypted: true };
const USUAL = { allowPrivate: false, isEncrypted: true };
const HTTP = { allowPrivate: true, isEncrypted: false };

test("https may go to public addresses, and inside where the operator allows it", () => {
  expect(PUBLIC.map((address) => addressRefusal(address, USUAL))).toEqual(PUBLIC.map(() => null));
  expect(INSIDE.filter((address) => addressRefusal(address, USUAL) === null)).toEqual([]);
  expect(INSIDE.map((address) => addressRefusal(address, ALLOWED))).toEqual(INSIDE.map(() => null));
});

test("http goes inside only", () => {
  expect(PUBLIC.filter((address) => addressRefusal(address, HTTP) === null)).toEqual([]);
  expect(INSIDE.map((address) => addressRefusal(address, HTTP))).toEqual(INSIDE.map(() => null));
});

test("link-local, platform, reserved and disguised addresses are never called", () => {
  for (const policy of [USUAL, ALLOWED, HTTP]) {
    expect(NEVER.filter((address) => addressRefusal(address, policy) === null)).toEqual([]);
  }
  // IPv4 addresses within ::ffff:0:0/96 count as what they are
  expect(addressRefusal("::ffff:127.0.0.1", USUAL)).not.toBeNull();
  expect(addressRefusal("::ffff:169.254.169.254", ALLOWED)).not.toBeNull();
});
