import { expect, test } from "vitest";
import { z } from "zod";
import { parseRequest } from "../../../src/functions/http/parse-request.ts";

test("parseRequest names each field that is wrong", () => {
  const schema = z.object({ a: z.object({ b: z.number() }), c: z.string() });

  expect(() => parseRequest(schema, { a: { b: "x" } })).toThrow(
    expect.objectContaining({
      code: "request-invalid",
      problems: [
        expect.objectContaining({ field: "a.b" }),
        expect.objectContaining({ field: "c" }),
      ],
    }),
  );
});
