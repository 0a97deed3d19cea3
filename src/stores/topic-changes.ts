import { setTimeout as delay } from "node:timers/promises";
import { UnavailableError } from "../domain/errors.ts";

/** Result of a change that has happened already: its thing exists, or is missing. */
export type Done = "exists" | "missing";

export type TopicChange = (done: Done, change: () => Promise<unknown>) => Promise<void>;

const ATTEMPTS = 7;
const FIRST_PAUSE_MS = 200;

/**
 * Makes the changes of one topic one after the other, and repeats those that the broker could not make now: it refuses
 * two changes of a topic at once, too many requests, and may time out.
 */
export function topicChanges(): TopicChange {
  let last: Promise<unknown> = Promise.resolve();
  return (done, change) => {
    const next = last.then(() => patiently(done, change));
    last = next.catch(() => undefined);
    return next;
  };
}

async function patiently(done: Done, change: () => Promise<unknown>): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const failure = await failureOf(done, change);
    if (failure === null) {
      return;
    }
    if (attempt === ATTEMPTS) {
      throw new UnavailableError("Cannot change the topic: the broker does not get to it", {
        cause: failure,
      });
    }
    // between half and all of the pause, so that several instances do not meet again
    await delay(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2));
  }
}

/** @returns why it could not be made now; null: it is made */
async function failureOf(done: Done, change: () => Promise<unknown>): Promise<unknown> {
  try {
    await change();
    return null;
  } catch (error) {
    if (done === "exists" ? isExisting(error) : isMissing(error)) {
      return null;
    }
    if (isPassing(error)) {
      return error;
    }
    throw error;
  }
}

export function isMissing(error: unknown): boolean {
  return codeOf(error) === "MessageEntityNotFoundError" || statusOf(error) === 404;
}

function isExisting(error: unknown): boolean {
  return codeOf(error) === "MessageEntityAlreadyExistsError";
}

/** Includes a request without an answer, which has no status. */
function isPassing(error: unknown): boolean {
  const status = statusOf(error);
  return (
    status === undefined || [408, 409, 429].includes(status) || (status >= 500 && status !== 501)
  );
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}

function statusOf(error: unknown): number | undefined {
  return (error as { statusCode?: number }).statusCode;
}
