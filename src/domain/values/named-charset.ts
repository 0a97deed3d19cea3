import { shortened } from "../../formats/shortened.ts";
import { type Charset, charsetOf } from "../../formats/text/charset.ts";
import { AppError } from "../errors.ts";

const MAX_SHOWN = 100;

/**
 * Refuses a body in parts, such as a browser's form: its bytes are not the content. @throws AppError
 * `media-type-unsupported`
 */
export function requireWhole(contentType: string | null): void {
  if (/^\s*multipart\//i.test(contentType ?? "")) {
    throw new AppError(
      "media-type-unsupported",
      `Cannot take the body: it is a form in parts, as its Content-Type "${shortened(contentType ?? "", MAX_SHOWN)}" says; send the file, or the JSON, alone as the body`,
    );
  }
}

/**
 * The charset that a Content-Type names; null when it names none.
 *
 * @throws AppError `media-type-unsupported` when the body is multipart, or in an unknown charset
 */
export function namedCharset(contentType: string | null): Charset | null {
  requireWhole(contentType);
  const [, quoted, token] =
    /;\s*charset\s*=\s*(?:"([^"]*)"|([^;\s]+))/i.exec(contentType ?? "") ?? [];
  const label = (quoted ?? token ?? "").replace(/^'(.*)'$/, "$1").trim();
  // label that tools use for bytes that are not text
  if (label === "" || label.toLowerCase() === "binary") {
    return null;
  }
  const charset = charsetOf(label);
  if (charset === null) {
    throw new AppError(
      "media-type-unsupported",
      `Cannot take the body: its Content-Type names the charset "${shortened(label, MAX_SHOWN)}", which is not known here; send UTF-8, or a charset of the Encoding Standard such as iso-8859-1, windows-1252 or utf-16`,
    );
  }
  return charset;
}
