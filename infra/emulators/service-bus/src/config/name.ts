import { z } from "zod";

function name(pattern: RegExp, characters: string, maxLength: number) {
  return z
    .string()
    .regex(pattern, `must be ${characters}, with a letter or digit at both ends`)
    .max(maxLength, `must have at most ${maxLength} characters`);
}

/** A queue or topic; slashes turn it into a path. */
export const entityName = name(
  /^[A-Za-z0-9](?:[\w\-./]*[A-Za-z0-9])?$/,
  "letters, digits, . - _ or /",
  260,
);

/** A subscription or rule; the vendor names the rule that takes everything `$Default`. */
export const childName = name(
  /^(?:[A-Za-z0-9](?:[\w\-.]*[A-Za-z0-9])?|\$Default)$/,
  "letters, digits, . - or _",
  50,
);
