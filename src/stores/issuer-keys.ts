import { createPublicKey } from "node:crypto";
import { createLocalJWKSet, errors, type JWK, type JWTVerifyGetKey } from "jose";
import { z } from "zod";
import { AppError } from "../domain/errors.ts";
import type { Clock } from "../domain/ports.ts";
import { bytesUpTo } from "../domain/values/limited-bytes.ts";
import { DAY_MS } from "../formats/day.ts";
import { parseForeignJson } from "../formats/json/bounded-json.ts";

/** Older keys are fetched again, so that a key that the issuer withdrew is refused here too. */
const FRESH_MS = 10 * 60_000;
/** While the issuer is down, old keys are used for this long. */
const KEPT_MS = DAY_MS;
/** Shortest pause between two requests to the issuer, whatever tokens arrive. */
const PAUSE_MS = 30_000;
/** The pause while there are no keys: as long as callers are told to wait. */
const PAUSE_WITHOUT_KEYS_MS = 5_000;
/** Entra's keys are some 20 KB. */
const MAX_BYTES = 512 * 1024;
const MIN_MODULUS_BITS = 2048;

export interface IssuerKeysOptions {
  /** Where the issuer publishes its keys. */
  readonly uri: string;
  readonly clock: Clock;
  /** Time limit of one request, its body included. */
  readonly timeoutMs: number;
}

interface LoadedKeys {
  readonly find: ReturnType<typeof createLocalJWKSet>;
  readonly loadedAtMs: number;
}

/**
 * The issuer's RSA signing keys, only from the configured address. They are fetched when they are first needed, when
 * they are ten minutes old, and when a token names an unknown key. They are never fetched more than twice a minute.
 *
 * Own code, because jose's `createRemoteJWKSet` goes by the system's clock and keeps no keys for an outage of the
 * issuer. With both switched off the file has as many lines.
 *
 * @returns a key finder for `jwtVerify`, which throws AppError `issuer-unavailable` while there are no keys to go by
 */
export function issuerKeys(options: IssuerKeysOptions): JWTVerifyGetKey {
  let loaded: LoadedKeys | null = null;
  let askedAtMs: number | null = null;
  let asking: Promise<void> = Promise.resolve();
  let failure: unknown;

  const ask = async (): Promise<void> => {
    askedAtMs = options.clock.now().getTime();
    try {
      loaded = { find: await loadKeys(options), loadedAtMs: askedAtMs };
    } catch (error) {
      failure = error;
    }
  };
  const refresh = async (): Promise<void> => {
    const pauseMs = loaded === null ? PAUSE_WITHOUT_KEYS_MS : PAUSE_MS;
    if (!isWithin(options.clock, askedAtMs, pauseMs)) {
      asking = ask();
    }
    await asking;
  };
  const find: JWTVerifyGetKey = (header, token) => {
    if (loaded === null || !isWithin(options.clock, loaded.loadedAtMs, KEPT_MS)) {
      throw new AppError(
        "issuer-unavailable",
        "Cannot check the token: the issuer's keys cannot be read now; try again",
        { cause: failure },
      );
    }
    return loaded.find(header, token);
  };

  return async (header, token) => {
    if (!isWithin(options.clock, loaded?.loadedAtMs ?? null, FRESH_MS)) {
      await refresh();
    }
    try {
      return await find(header, token);
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) {
        throw error;
      }
      await refresh();
      return find(header, token);
    }
  };
}

/** After a clock was set back, everything counts as old. Otherwise it would stay young forever. */
function isWithin(clock: Clock, sinceMs: number | null, spanMs: number): boolean {
  const elapsedMs = clock.now().getTime() - (sinceMs ?? Number.NEGATIVE_INFINITY);
  return elapsedMs >= 0 && elapsedMs < spanMs;
}

const KeySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

async function loadKeys(options: IssuerKeysOptions): Promise<LoadedKeys["find"]> {
  const response = await fetch(options.uri, {
    headers: { accept: "application/json" },
    redirect: "error",
    signal: AbortSignal.timeout(options.timeoutMs),
  });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`Cannot read the issuer's keys: it answers ${response.status}`);
  }
  const { keys } = KeySet.parse(parseForeignJson(await limitedText(response)));
  const usable = keys.filter(isSigningKey);
  if (usable.length === 0) {
    throw new Error("Cannot read the issuer's keys: none of them is for RS256");
  }
  return createLocalJWKSet({ keys: usable });
}

async function limitedText(response: Response): Promise<string> {
  const bytes = await bytesUpTo(MAX_BYTES, response.body ?? []);
  if (bytes === null) {
    throw new Error(`Cannot read the issuer's keys: they have more than ${MAX_BYTES} bytes`);
  }
  return bytes.toString();
}

function isSigningKey(key: JWK): boolean {
  const { kty, use = "sig", alg = "RS256" } = key;
  return kty === "RSA" && use === "sig" && alg === "RS256" && modulusBits(key) >= MIN_MODULUS_BITS;
}

function modulusBits(key: JWK): number {
  try {
    return createPublicKey({ key, format: "jwk" }).asymmetricKeyDetails?.modulusLength ?? 0;
  } catch {
    return 0;
  }
}
