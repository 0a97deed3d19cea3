import type { ByteRange } from "../../domain/files.ts";

/** The answer to a request for a file. */
export type Selection =
  | { readonly kind: "whole" }
  /** 206 */
  | { readonly kind: "part"; readonly range: ByteRange }
  /** 304 */
  | { readonly kind: "not-modified" }
  /** 412 */
  | { readonly kind: "other-version" }
  /** 416 */
  | { readonly kind: "unsatisfiable" };

const WHOLE: Selection = { kind: "whole" };

/**
 * Decides what a GET or HEAD request asks for, by `If-Match`, `If-None-Match`, `Range` and `If-Range`, in this order.
 *
 * One range at a time: of several, as of one that cannot be understood, the whole file is the answer. There are no
 * dates to compare with, so a date in `If-Range` is another version.
 *
 * @param file.etag strong, with its quotes
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-13.2.2
 */
export function selectPart(
  request: { readonly method: string; readonly headers: { get(name: string): string | null } },
  file: { readonly etag: string; readonly bytes: number },
): Selection {
  const header = (name: string): string | null => request.headers.get(name);
  const ifMatch = header("if-match");
  if (ifMatch !== null && !names(ifMatch, file.etag, "strong")) {
    return { kind: "other-version" };
  }
  const ifNoneMatch = header("if-none-match");
  if (ifNoneMatch !== null && names(ifNoneMatch, file.etag, "weak")) {
    return { kind: "not-modified" };
  }
  const range = request.method === "GET" ? header("range") : null;
  const ifRange = header("if-range");
  return range === null || (ifRange !== null && ifRange.trim() !== file.etag)
    ? WHOLE
    : partOf(range, file.bytes);
}

/** Whether a list of entity tags has this one, or is `*`. */
function names(list: string, etag: string, comparison: "strong" | "weak"): boolean {
  const tags: readonly string[] = list.match(/(?:W\/)?"[^"]*"/g) ?? [];
  return (
    list.trim() === "*" ||
    tags.includes(etag) ||
    (comparison === "weak" && tags.includes(`W/${etag}`))
  );
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-14.1.2 */
function partOf(header: string, bytes: number): Selection {
  const [, first = "", last = ""] = /^\s*bytes\s*=\s*(\d*)-(\d*)\s*$/i.exec(header) ?? [];
  if (first === "") {
    return last === "" || bytes === 0 ? WHOLE : lastBytes(Number(last), bytes);
  }
  const from = Number(first);
  if (last !== "" && Number(last) < from) {
    return WHOLE;
  }
  const to = last === "" ? bytes : Math.min(Number(last) + 1, bytes);
  return from < bytes ? { kind: "part", range: { from, to } } : { kind: "unsatisfiable" };
}

function lastBytes(count: number, bytes: number): Selection {
  return count === 0
    ? { kind: "unsatisfiable" }
    : { kind: "part", range: { from: Math.max(0, bytes - count), to: bytes } };
}
