import { HttpRequest } from "@azure/functions";
import { expect, test } from "vitest";
import { bodyText } from "../../../src/functions/http/body-text.ts";

function textOf(body: Buffer, contentType?: string): Promise<string> {
  const headers = contentType === undefined ? {} : { "content-type": contentType };
  const bytes = new Uint8Array(body);
  return bodyText(
    new HttpRequest({ method: "POST", url: "http://host/x", headers, body: { bytes } }),
  );
}

test.each([
  [undefined, Buffer.from("Größe")],
  ["application/json", Buffer.from("\uFEFFGröße")],
  ["application/json; charset=iso-8859-1", Buffer.from("Größe", "latin1")],
  ["application/json; charset='windows-1252'", Buffer.from("Größe", "latin1")],
  ["application/json;CHARSET=utf-16", Buffer.from("Größe", "utf16le")],
  ["application/json; charset=utf-16be", Buffer.from("Größe", "utf16le").swap16()],
  ["application/json; charset=utf-8", Buffer.from("\uFEFFGröße", "utf16le")],
  ["application/json; charset=", Buffer.from("Größe")],
])(
  "a body as %s is read in its charset, or as its byte order mark says",
  async (contentType, body) => {
    expect(await textOf(body, contentType)).toBe("Größe");
  },
);

test.each([
  [undefined, "latin1", "request-invalid"],
  ["application/json; charset=utf-8", "latin1", "request-invalid"],
  ["application/json; charset=us-ascii", "latin1", "request-invalid"],
  ["application/json; charset=utf-7", "utf8", "media-type-unsupported"],
  ["Multipart/Form-Data; boundary=x", "utf8", "media-type-unsupported"],
] as const)("a body as %s in %s is refused: %s", async (contentType, encoding, code) => {
  await expect(textOf(Buffer.from("Größe", encoding), contentType)).rejects.toMatchObject({ code });
});
