import { AppError } from "../../domain/errors.ts";

/** Files that one instance takes in at once; each needs a few megabytes until it is stored. */
export interface UploadLimits {
  readonly perInstance: number;
  /** Limit for one application. */
  readonly perApplication: number;
  /** How long a file waits for another one to be stored. */
  readonly waitMs: number;
}

/**
 * Waits for room for a file.
 *
 * @returns a function that gives the room back
 * @throws AppError `server-busy`, `rate-exceeded`
 */
export type EnterUpload = (applicationId: string) => Promise<() => void>;

/**
 * Limits how many files are received at once, in all and from one application. Further ones wait, with their bodies
 * unread, and are refused when they have waited for long.
 */
export function makeUploadShare(limits: UploadLimits): EnterUpload {
  const taken = new Map<string, number>();
  let total = 0;
  /** In the order of their arrival. */
  const waiting = new Set<{ readonly applicationId: string; readonly begin: () => void }>();

  const hasRoom = (applicationId: string): boolean =>
    total < limits.perInstance && (taken.get(applicationId) ?? 0) < limits.perApplication;
  const count = (applicationId: string, change: 1 | -1): void => {
    total += change;
    const own = (taken.get(applicationId) ?? 0) + change;
    if (own === 0) {
      taken.delete(applicationId);
    } else {
      taken.set(applicationId, own);
    }
  };
  const leave = (applicationId: string): void => {
    count(applicationId, -1);
    for (const next of waiting) {
      if (hasRoom(next.applicationId)) {
        waiting.delete(next);
        count(next.applicationId, 1);
        next.begin();
        return;
      }
    }
  };
  return async (applicationId) => {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    if (hasRoom(applicationId)) {
      count(applicationId, 1);
      resolve();
    } else {
      const own = { applicationId, begin: resolve };
      waiting.add(own);
      const timer = setTimeout(() => {
        waiting.delete(own);
        reject(refusal(applicationId, limits, total < limits.perInstance));
      }, limits.waitMs);
      promise.finally(() => clearTimeout(timer)).catch(() => undefined);
    }
    await promise;
    return () => leave(applicationId);
  };
}

/**
 * A body that is read once there is room for it; until then it is unread, and the client cannot send more of it.
 *
 * @throws AppError, out of the iteration, like {@link EnterUpload}
 */
export async function* withRoom(
  enter: () => Promise<() => void>,
  body: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  let leave: () => void;
  try {
    leave = await enter();
  } catch (error) {
    // without this, a body that nobody has begun to read would not be thrown away
    beginAndLeave(body).catch(() => undefined);
    throw error;
  }
  try {
    yield* body;
  } finally {
    leave();
  }
}

/** The same for work that reads its file by itself. */
export async function inRoom<Result>(
  enter: () => Promise<() => void>,
  work: () => Promise<Result>,
): Promise<Result> {
  const leave = await enter();
  try {
    return await work();
  } finally {
    leave();
  }
}

async function beginAndLeave(body: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of body) {
    return;
  }
}

function refusal(applicationId: string, limits: UploadLimits, isOwnFault: boolean): AppError {
  return isOwnFault
    ? new AppError(
        "rate-exceeded",
        `Cannot take the file now: application "${applicationId}" sends more than ${limits.perApplication} files at once; wait until one of them is answered`,
      )
    : new AppError(
        "server-busy",
        "Cannot take the file now: too many files arrive at once; try again in some seconds",
      );
}
