import type { HttpRequest } from "@azure/functions";
import { AppError } from "../domain/errors.ts";
import { requestBody } from "./request-body.ts";

/** Definitions are the largest texts that anybody sends; a row that keeps one holds less. */
const MAX_BYTES = 1024 * 1024;

/**
 * The body of a request as text: UTF-8, or what its byte order mark says.
 *
 * @throws AppError `file-too-large` when it has more than 1 MiB, `file-incomplete` when it breaks off
 */
export async function bodyText(request: HttpRequest): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of requestBody(request)) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      throw new AppError(
        "file-too-large",
        `Cannot read the request: its body has more than ${MAX_BYTES} bytes`,
      );
    }
    chunks.push(chunk);
  }
  return decoded(Buffer.concat(chunks));
}

/** `TextDecoder` takes the mark away. */
function decoded(bytes: Buffer): string {
  const mark = bytes.subarray(0, 2).toString("hex");
  const encoding = { fffe: "utf-16le", feff: "utf-16be" }[mark] ?? "utf-8";
  return new TextDecoder(encoding).decode(bytes);
}
