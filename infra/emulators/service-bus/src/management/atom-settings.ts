import { BrokerError } from "../broker/errors.ts";
import type { EntityStatus } from "../broker/types.ts";
import { formatDuration, parseDuration } from "../config/duration.ts";
import type { DurationRange } from "../config/limits.ts";
import { childOf, element, textIn, type XmlElement } from "./atom-xml.ts";

function refused(name: string, expected: string, found: string): BrokerError {
  return new BrokerError(
    "invalid-argument",
    `The value of ${name} must be ${expected}, not "${found}".`,
  );
}

/** The text of a setting; null when the description lacks it. */
export function textSetting(description: XmlElement, name: string): string | null {
  const child = childOf(description, name);
  return child === null ? null : textIn(child).trim();
}

/** @throws BrokerError `invalid-argument` for anything but true and false */
export function flagSetting(description: XmlElement, name: string, fallback: boolean): boolean {
  const text = textSetting(description, name)?.toLowerCase() ?? String(fallback);
  if (text !== "true" && text !== "false") {
    throw refused(name, "true or false", text);
  }
  return text === "true";
}

/** @throws BrokerError `invalid-argument` when it is not a whole number in the range */
export function integerSetting(
  description: XmlElement,
  name: string,
  range: { readonly min: number; readonly max: number; readonly fallback: number },
): number {
  const text = textSetting(description, name) ?? String(range.fallback);
  const value = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= range.min && value <= range.max)) {
    throw refused(name, `a whole number from ${range.min} to ${range.max}`, text);
  }
  return value;
}

/** @returns milliseconds @throws BrokerError `invalid-argument` when it is not a duration in the range */
export function durationSetting(
  description: XmlElement,
  name: string,
  { minMs, maxMs, fallbackMs }: DurationRange,
): number {
  const text = textSetting(description, name);
  if (text === null) {
    return fallbackMs;
  }
  const ms = parseDuration(text);
  if (ms === null || ms < minMs || (maxMs !== null && ms > maxMs)) {
    const range = `from ${formatDuration(minMs)} to ${formatDuration(maxMs)}`;
    throw refused(name, `an ISO 8601 duration ${range}`, text);
  }
  return ms;
}

const STATUSES: readonly EntityStatus[] = ["Active", "Disabled", "SendDisabled", "ReceiveDisabled"];

/** @throws BrokerError `invalid-argument` */
export function statusSetting(description: XmlElement): EntityStatus {
  const text = textSetting(description, "Status") ?? "Active";
  const status = STATUSES.find((each) => each === text);
  if (status === undefined) {
    throw refused("Status", `one of ${STATUSES.join(", ")}`, text);
  }
  return status;
}

const MAX_METADATA_LENGTH = 1024;

/** @throws BrokerError `invalid-argument` beyond 1,024 characters */
export function metadataSetting(description: XmlElement): string {
  const child = childOf(description, "UserMetadata");
  const text = child === null ? "" : textIn(child);
  if (text.length > MAX_METADATA_LENGTH) {
    throw refused(
      "UserMetadata",
      `at most ${MAX_METADATA_LENGTH} characters`,
      `${text.length} of them`,
    );
  }
  return text;
}

type PassiveKind = "flag" | "integer" | "duration" | "text";

/** Settings that the broker keeps without acting on them, with the cloud's defaults. */
const PASSIVE = {
  MaxSizeInMegabytes: ["integer", "1024"],
  MaxMessageSizeInKilobytes: ["integer", "256"],
  EnableBatchedOperations: ["flag", "true"],
  EnablePartitioning: ["flag", "false"],
  EnableExpress: ["flag", "false"],
  SupportOrdering: ["flag", "true"],
  AutoDeleteOnIdle: ["duration", formatDuration(null)],
  EntityAvailabilityStatus: ["text", "Available"],
} as const satisfies Readonly<Record<string, readonly [PassiveKind, string]>>;

export type PassiveName = keyof typeof PASSIVE;

/** Range of the premium tier; the standard tier has 256. */
const MESSAGE_KILOBYTES = { min: 1024, max: 102_400, fallback: 1024 };
const STANDARD_KILOBYTES = "256";
const MIN_AUTO_DELETE_MS = 5 * 60_000;

function checkPassive(description: XmlElement, name: PassiveName): void {
  if (
    name === "MaxMessageSizeInKilobytes" &&
    textSetting(description, name) !== STANDARD_KILOBYTES
  ) {
    integerSetting(description, name, MESSAGE_KILOBYTES);
  }
  switch (PASSIVE[name][0]) {
    case "flag":
      flagSetting(description, name, false);
      return;
    case "integer":
      integerSetting(description, name, { min: 0, max: 10 ** 9, fallback: 0 });
      return;
    case "duration":
      durationSetting(description, name, { minMs: MIN_AUTO_DELETE_MS, maxMs: null, fallbackMs: 0 });
      return;
    default:
  }
}

/** The passive settings that a description has. @throws BrokerError `invalid-argument` */
export function passiveSettings(
  description: XmlElement,
  names: readonly PassiveName[],
): Readonly<Record<string, string>> {
  const given = names.flatMap((name) => {
    const child = childOf(description, name);
    if (child === null) {
      return [];
    }
    checkPassive(description, name);
    return [[name, textIn(child).trim()] as const];
  });
  return Object.fromEntries(given);
}

/** Writes a passive setting as it was given, or the cloud's default. */
export function passiveElement(
  passive: Readonly<Record<string, string>>,
  name: PassiveName,
): XmlElement {
  return element(name, passive[name] ?? PASSIVE[name][1]);
}
