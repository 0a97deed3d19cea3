import { createHash } from "node:crypto";
import { setTimeout as wait } from "node:timers/promises";
import type { HttpJsonDefinition } from "../../contracts/source-definition.ts";
import { AppError } from "../../domain/errors.ts";
import { parseExact } from "./exact-json.ts";

/** What tests replace. */
export interface Surroundings {
  /** In [0, 1). */
  readonly random: () => number;
  /** Rejects when the signal aborts. */
  readonly sleep: (milliseconds: number, signal: AbortSignal) => Promise<void>;
}

export const SURROUNDINGS: Surroundings = {
  random: Math.random,
  sleep: (milliseconds, signal) => wait(milliseconds, undefined, { signal }),
};

export interface Page {
  readonly url: URL;
  readonly body: unknown;
  readonly headers: Headers;
  /** Of the body's bytes. */
  readonly digest: string;
}

export interface PageOptions {
  readonly headers: Readonly<Record<string, string>>;
  readonly retry: HttpJsonDefinition["retry"];
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly surroundings: Surroundings;
}

/** A failure that may pass by itself. */
interface Passing {
  readonly because: string;
  readonly retryAfterMs: number | null;
}

const PASSING_STATUSES: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * Gets one page. What may pass by itself (no connection, no answer in time, 429, 503 and their kin) is tried again,
 * after the time that the server asks for, else after a random time whose ceiling doubles.
 *
 * Redirects are not followed: the connection's token goes to its own origin and nowhere else.
 *
 * @throws AppError `source-unavailable`, `source-invalid`; the signal's reason
 * @see https://www.rfc-editor.org/rfc/rfc9110#name-retry-after
 */
export async function getPage(url: URL, options: PageOptions): Promise<Page> {
  const { retry, signal, surroundings } = options;
  for (let attempt = 1; ; attempt += 1) {
    const outcome = await attemptPage(url, options);
    if ("body" in outcome) {
      return outcome;
    }
    const delayMs = delayBefore(attempt + 1, outcome, options);
    if (attempt === retry.attempts || delayMs > retry.maxDelayMs) {
      throw new AppError(
        "source-unavailable",
        `Cannot read "${shown(url)}": ${outcome.because} (attempt ${attempt} of ${retry.attempts}${asked(outcome)})`,
      );
    }
    await surroundings.sleep(delayMs, signal).catch((error: unknown) => {
      throw signal.aborted ? signal.reason : error;
    });
  }
}

/** An address without what can hold a secret: its query. */
export function shown(url: URL): string {
  return `${url.origin}${url.pathname}`;
}

function asked({ retryAfterMs }: Passing): string {
  return retryAfterMs === null ? "" : `; it asks for ${Math.ceil(retryAfterMs / 1_000)} s`;
}

function delayBefore(attempt: number, { retryAfterMs }: Passing, options: PageOptions): number {
  const { retry, surroundings } = options;
  const ceilingMs = Math.min(retry.firstDelayMs * 2 ** (attempt - 2), retry.maxDelayMs);
  return retryAfterMs ?? Math.ceil(surroundings.random() * ceilingMs);
}

async function attemptPage(url: URL, options: PageOptions): Promise<Page | Passing> {
  const { headers, retry, signal, maxBytes } = options;
  let bytes: Uint8Array;
  let response: Response;
  try {
    response = await fetch(url, {
      headers: { accept: "application/json", ...headers },
      redirect: "manual",
      signal: AbortSignal.any([signal, AbortSignal.timeout(retry.timeoutMs)]),
    });
    if (!response.ok) {
      await response.body?.cancel();
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

/** @throws AppError `source-invalid` for an answer that will not change by itself */
function refused(url: URL, { status, headers }: Response): Passing {
  if (PASSING_STATUSES.has(status)) {
    return { because: `status ${status}`, retryAfterMs: retryAfterMs(headers) };
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
  const { name, cause } = error as { name?: string; cause?: { code?: string } };
  const because = name === "TimeoutError" ? "no answer in time" : (cause?.code ?? "no connection");
  return { because, retryAfterMs: null };
}

/** A date counts from the server's own `Date`, so that its clock may be wrong. */
function retryAfterMs(headers: Headers): number | null {
  const value = headers.get("retry-after")?.trim() ?? "";
  if (/^[0-9]{1,9}$/.test(value)) {
    return Number(value) * 1_000;
  }
  const until = Date.parse(value);
  const sent = Date.parse(headers.get("date") ?? "");
  const now = Number.isNaN(sent) ? Date.now() : sent;
  return Number.isNaN(until) ? null : Math.max(0, until - now);
}

async function bodyOf(
  response: Response,
  { url, maxBytes }: { url: URL; maxBytes: number },
): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of response.body ?? []) {
    size += chunk.byteLength;
    if (size > maxBytes) {
      throw new AppError(
        "source-invalid",
        `Cannot read "${shown(url)}": the page is larger than ${maxBytes} bytes; ask for smaller pages or raise maxPageBytes`,
      );
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks, size);
}

function parsed(url: URL, bytes: Uint8Array): unknown {
  try {
    return parseExact(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new AppError("source-invalid", `Cannot read "${shown(url)}": the answer is no JSON text`);
  }
}
