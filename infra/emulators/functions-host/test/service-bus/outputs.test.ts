import { expect, test } from "vitest";
import { messageBodies } from "../../src/service-bus/outputs.ts";

const texts = (data: Parameters<typeof messageBodies>[0]) =>
  messageBodies(data).map(({ body }) => body.toString());

test.each([
  [{ string: "text" }, ["text"]],
  [{ string: '["not","split"]' }, ['["not","split"]']],
  [{ json: '{"a":1}' }, ['{"a":1}']],
  [{ json: '["a",{"b":2},3,null]' }, ["a", '{"b":2}', "3"]],
  [{ json: "[]" }, []],
  [{ int: 0 }, ["0"]],
  [{ double: 1.5 }, ["1.5"]],
])("%j becomes the messages %j", (data, expected) => {
  expect(texts(data)).toEqual(expected);
});

test("bytes stay bytes", () => {
  expect(messageBodies({ bytes: new Uint8Array([1, 255]) })).toEqual([
    { body: Buffer.from([1, 255]), contentType: "application/octet-stream" },
  ]);
});
