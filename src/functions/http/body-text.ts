import type { HttpRequest } from "@azure/functions";
import { AppError } from "../../domain/errors.ts";
import { bytesUpTo } from "../../domain/values/limited-bytes.ts";
import { namedCharset } from "../../domain/values/named-charset.ts";
import { requestBody } from "./request-body.ts";

/** Definitions are the largest texts that anybody sends; a row that keeps one holds less. */
const MAX_BYTES = 1024 * 1024;

/**
 * The body of a request as text: in what its byte order mark says, or its Content-Type, or else in UTF-8. Nothing is
 * replaced.
 *
 * @throws AppError `file-too-large` when it has more than 1 MiB, `file-incomplete` when it breaks off,
 *   `media-type-unsupported` when it is in parts or in an unknown charset, `request-invalid` when it is not
 *   text in its charset
 */
export async function bodyText(request: HttpRequest): Promise<string> {
  const charset = namedCharset(request.headers.get("content-type"));
  const bytes = await bytesUpTo(MAX_BYTES, requestBody(request));
  if (bytes === null) {
    throw new AppError(
      "file-too-large",
      `Cannot read the request: its body has more than ${MAX_BYTES} bytes`,
    );
  }
  return decoded(bytes, charset ?? "utf-8");
}

const MARKS: Readonly<Record<string, string>> = { fffe: "utf-16le", feff: "utf-16be" };

/** `TextDecoder` takes the mark away. */
function decoded(bytes: Buffer, charset: string): string {
  const marked = bytes.subarray(0, 3).toString("hex") === "efbbbf" ? "utf-8" : undefined;
  const encoding = marked ?? MARKS[bytes.subarray(0, 2).toString("hex")] ?? charset;
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new AppError(
      "request-invalid",
      `Cannot read the request: its body is not text in ${encoding}; send it in UTF-8, or name its charset in Content-Type`,
      { cause },
    );
  }
}
