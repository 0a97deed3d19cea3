import { randomBytes } from "node:crypto";
import { BrokerError } from "../broker/errors.ts";
import type { AccessRight, AuthorizationRule } from "../broker/types.ts";

export const ACCESS_RIGHTS = ["Manage", "Send", "Listen"] as const satisfies readonly AccessRight[];

/** Limit for one namespace, queue or topic. */
const MAX_RULES = 12;
const MAX_NAME_LENGTH = 256;
const MAX_KEY_LENGTH = 256;

/** The rule of Microsoft's emulator, whose connection string holds this very key. */
export const EMULATOR_RULE: AuthorizationRule = {
  name: "RootManageSharedAccessKey",
  primaryKey: "SAS_KEY_VALUE",
  secondaryKey: "SAS_KEY_VALUE",
  rights: ACCESS_RIGHTS,
};

/** A random key in the service's form: 256 bits in Base64. */
export function randomKey(): string {
  return randomBytes(32).toString("base64");
}

/**
 * Checks all rules of one namespace, queue or topic.
 *
 * @returns why they are refused; null when they are fine
 */
export function problemOfRules(rules: readonly AuthorizationRule[]): string | null {
  const names = rules.map(({ name }) => name.toLowerCase());
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    return `There are two authorization rules with the name "${twice}".`;
  }
  if (rules.length > MAX_RULES) {
    return `There are ${rules.length} authorization rules, and the limit is ${MAX_RULES}.`;
  }
  return rules.map(problemOfRule).find((problem) => problem !== null) ?? null;
}

function problemOfRule({
  name,
  rights,
  primaryKey,
  secondaryKey,
}: AuthorizationRule): string | null {
  if (name === "" || name.length > MAX_NAME_LENGTH) {
    return `The name of an authorization rule must have 1 to ${MAX_NAME_LENGTH} characters.`;
  }
  if (rights.length === 0) {
    return `Authorization rule "${name}" must have a right: ${ACCESS_RIGHTS.join(", ")}.`;
  }
  if (rights.includes("Manage") && rights.length < ACCESS_RIGHTS.length) {
    return `Authorization rule "${name}": Manage permission should also include Send and Listen.`;
  }
  if ([primaryKey, secondaryKey].some((key) => key === "" || key.length > MAX_KEY_LENGTH)) {
    return `The keys of authorization rule "${name}" must have 1 to ${MAX_KEY_LENGTH} characters.`;
  }
  return null;
}

/** @throws BrokerError `invalid-argument` */
export function checkRules(rules: readonly AuthorizationRule[]): void {
  const problem = problemOfRules(rules);
  if (problem !== null) {
    throw new BrokerError("invalid-argument", problem);
  }
}
