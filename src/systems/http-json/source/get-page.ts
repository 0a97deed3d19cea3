import { createHash } from "node:crypto";
import { AppError } from "../../../domain/errors.ts";
import { bytesUpTo } from "../../../domain/values/limited-bytes.ts";
import { jsonExcess } from "../../../formats/json/bounded-json.ts";
import type { Authorization } from "../authorization.ts";
import {
  isPassingStatus,
  type Passing,
  passingError,
  passingStatus,
  type Surroundings,
  waitToTryAgain,
} from "../retry.ts";
import type { HttpJsonDefinition } from "./definition.ts";
import { parseExact } from "./exact-json.ts";

export interface ApiPage {
  readonly url: URL;
  readonly body: unknown;
  readonly headers: Headers;
  /** Digest of the body's bytes. */
  readonly digest: string;
}

export interface PageOptions {
  readonly authorization: Authorization;
  readonly retry: HttpJsonDefinition["retry"];
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly surroundings: Surroundings;
}

/**
 * Gets one page. A failure that may pass (no connection, no answer in time, 429, 503 and similar) is tried again. The
 * wait is the one that the server asks for, or else a random time whose upper bound doubles.
 *
 * Redirects are not followed, so the connection's token never leaves its own origin.
 *
 * @throws AppError `source-unavailable`, `source-invalid`; the signal's reason
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export async function getPage(url: URL, options: PageOptions): Promise<ApiPage> {
  const { retry, signal, surroundings } = options;
  const retrying = {
    retry,
    signal,
    surroundings,
    code: "source-unavailable",
    what: `read "${shown(url)}"`,
  } as const;
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptPage(url, options);
    if ("body" in outcome) {
      return outcome;
    }
    await waitToTryAgain(attempt, outcome, retrying);
  }
}

/** An address without its query, which can hold a secret. */
export function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

/** @param mayRenew whether 401 may mean that a token has to be renewed */
async function attemptPage(
  url: URL,
  options: PageOptions,
  mayRenew = true,
): Promise<ApiPage | Passing> {
  const { authorization, retry, signal, maxBytes } = options;
  let bytes: Uint8Array;
  let response: Response;
  try {
    const headers = await authorization.headers();
    response = await fetch(url, {
      headers: { accept: "application/json", ...headers },
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(retry.timeoutMs)]),
    });
    if (!response.ok) {
      await response.body?.cancel();
      if (response.status === 401 && mayRenew && authorization.renew(headers)) {
        return await attemptPage(url, options, false);
      }
      return refused(url, response);
    }
    bytes = await bodyOf(response, { url, maxBytes });
  } catch (error) {
    return passingOrThrow(error, signal);
  }
  return {
    url,
    body: parsed(url, bytes),
    headers: response.headers,
    digest: createHash("sha256").update(bytes).digest("base64"),
  };
}

/** @throws AppError `source-invalid` for an answer that will stay the same */
function refused(url: URL, response: Response): Passing {
  const { status } = response;
  if (isPassingStatus(status)) {
    return passingStatus(response);
  }
  const advice =
    status === 401 || status === 403
      ? "; check the secret of the connection and what it may read"
      : status >= 300 && status < 400
        ? "; redirects are not followed: correct the connection's base URL or the path"
        : "";
  throw new AppError("source-invalid", `Cannot read "${shown(url)}": status ${status}${advice}`);
}

function passingOrThrow(error: unknown, signal: AbortSignal): Passing {
  if (signal.aborted) {
    throw signal.reason;
  }
  if (error instanceof AppError) {
    throw error;
  }
  return passingError(error);
}

async function bodyOf(
  response: Response,
  { url, maxBytes }: { url: URL; maxBytes: number },
): Promise<Uint8Array> {
  const bytes = await bytesUpTo(maxBytes, response.body ?? []);
  if (bytes === null) {
    throw new AppError(
      "source-invalid",
      `Cannot read "${shown(url)}": the page is larger than ${maxBytes} bytes; ask for smaller pages or raise maxPageBytes`,
    );
  }
  return bytes;
}

function parsed(url: URL, bytes: Uint8Array): unknown {
  const text = textOf(bytes);
  const excess = text === null ? null : jsonExcess(text);
  if (excess !== null) {
    throw new AppError(
      "source-invalid",
      `Cannot read "${shown(url)}": the answer ${excess}; ask for smaller pages`,
    );
  }
  try {
    return parseExact(text ?? "");
  } catch {
    throw new AppError(
      "source-invalid",
      `Cannot read "${shown(url)}": the answer is not JSON text`,
    );
  }
}

function textOf(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}
