import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { entityTag, reprDigest } from "../../../src/functions/http/digest.ts";

test("entityTag is strong and quoted", () => {
  expect(entityTag("ab12")).toBe('"ab12"');
});

test("reprDigest is the example of RFC 9530, appendix D", () => {
  const content = '{"hello": "world"}\n';
  const sha256 = createHash("sha256").update(content).digest("hex");

  expect(reprDigest(sha256)).toBe("sha-256=:RK/0qy18MlBSVnWgjwz6lZEWjP/lF5HF9bvEF8FabDg=:");
});
