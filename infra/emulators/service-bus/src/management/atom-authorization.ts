import { ACCESS_RIGHTS, randomKey } from "../authorization/rule.ts";
import { BrokerError } from "../broker/errors.ts";
import type { AccessRight, AuthorizationRule } from "../broker/types.ts";
import { textSetting } from "./atom-settings.ts";
import { childOf, childrenOf, element, textIn, type XmlElement } from "./atom-xml.ts";

const CLAIM_TYPE = "SharedAccessKey";

/**
 * Reads the authorization rules that a description has; none when it has no such member. A key that is left out is made.
 *
 * @throws BrokerError `invalid-argument`
 */
export function readAuthorizationRules(description: XmlElement): AuthorizationRule[] {
  const rules = childOf(description, "AuthorizationRules");
  return rules === null ? [] : childrenOf(rules).map(readRule);
}

function readRule(rule: XmlElement): AuthorizationRule {
  const claimType = textSetting(rule, "ClaimType") ?? CLAIM_TYPE;
  if (rule.name !== "AuthorizationRule" || claimType !== CLAIM_TYPE) {
    throw new BrokerError(
      "invalid-argument",
      `An authorization rule must have the claim type ${CLAIM_TYPE}, not "${claimType}".`,
    );
  }
  const rights = childOf(rule, "Rights");
  return {
    name: textSetting(rule, "KeyName") ?? "",
    primaryKey: textSetting(rule, "PrimaryKey") || randomKey(),
    secondaryKey: textSetting(rule, "SecondaryKey") || randomKey(),
    rights: rights === null ? [] : rightsIn(rights),
  };
}

function rightsIn(rights: XmlElement): AccessRight[] {
  const named = new Set(childrenOf(rights).map((right) => textIn(right).trim()));
  const known = ACCESS_RIGHTS.filter((right) => named.delete(right));
  const [unknown] = named;
  if (unknown !== undefined) {
    throw new BrokerError(
      "invalid-argument",
      `A right must be one of ${ACCESS_RIGHTS.join(", ")}, not "${unknown}".`,
    );
  }
  return known;
}

/** The SDK tells kinds of rules by the attribute. */
export function authorizationRulesElement(rules: readonly AuthorizationRule[]): XmlElement {
  return element("AuthorizationRules", ...rules.map(ruleElement));
}

function ruleElement({ name, primaryKey, secondaryKey, rights }: AuthorizationRule): XmlElement {
  return {
    name: "AuthorizationRule",
    attributes: { "i:type": "SharedAccessAuthorizationRule" },
    content: [
      element("ClaimType", CLAIM_TYPE),
      element("ClaimValue", "None"),
      element("Rights", ...rights.map((right) => element("AccessRights", right))),
      element("KeyName", name),
      element("PrimaryKey", primaryKey),
      element("SecondaryKey", secondaryKey),
    ],
  };
}
