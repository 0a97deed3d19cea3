import { expect, test } from "vitest";
import { preferredWaitSeconds } from "../../../src/functions/http/prefer.ts";

test.each([
  [null, 0],
  ["", 0],
  ["wait=20", 20],
  ["Wait = 20", 20],
  ['wait="20"', 20],
  ["respond-async, wait=10", 10],
  ["wait=10; foo=1, wait=20", 10],
  ["return=minimal; a=b , WAIT=7;x", 7],
  ['note="a, wait=5; \\" wait=6", wait=7', 7],
  ["wait=30", 30],
  ["wait=31", 30],
  ["wait=99999999999999999999999999", 30],
  ["wait=0", 0],
  ["wait=-1", 0],
  ["wait=1.5", 0],
  ["wait=1e1", 0],
  ["wait=abc, wait=9", 0],
  ["wait", 0],
  ["await=20", 0],
  ["x=wait=20", 0],
  ['wait="', 0],
])("Prefer: %s waits %i seconds", (header, seconds) => {
  expect(preferredWaitSeconds(header)).toBe(seconds);
});

test.each(['"\\', '"', '"a', "\\", ",", "wait=,", '"\\"'])(
  "a header of many %s is read in one go",
  (text) => {
    // a second look at each part of it would take minutes
    expect(preferredWaitSeconds(`a=${text.repeat(100_000)}`)).toBe(0);
  },
);
