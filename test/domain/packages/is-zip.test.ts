import { expect, test } from "vitest";
import { isZip } from "../../../src/domain/packages/is-zip.ts";
import { craftZip } from "../../support/crafted-zip.ts";
import { packageWith } from "./package-file.ts";

test.each<[what: string, bytes: Uint8Array, expected: boolean]>([
  ["an archive", packageWith(), true],
  ["an archive without entries", craftZip([]), true],
  ["four bytes of one", packageWith().subarray(0, 4), true],
  ["too few bytes", packageWith().subarray(0, 3), false],
  ["nothing", new Uint8Array(), false],
  ["text that starts like one", Buffer.from("PK,name\n"), false],
  ["gzip", Buffer.from([0x1f, 0x8b, 8, 0]), false],
])("isZip of %s", (_, bytes, expected) => {
  expect(isZip(bytes)).toBe(expected);
});
