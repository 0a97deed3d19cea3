import { z } from "zod";
import { ACCESS_RIGHTS, problemOfRules, randomKey } from "../authorization/rule.ts";
import type { AuthorizationRule } from "../broker/types.ts";
import type { Limits } from "./limits.ts";

const rule = z
  .strictObject({
    Name: z.string(),
    /** Random when it is left out. */
    PrimaryKey: z.string().optional(),
    SecondaryKey: z.string().optional(),
    Rights: z.array(z.enum(ACCESS_RIGHTS)),
  })
  .transform(
    ({ Name, PrimaryKey, SecondaryKey, Rights }): AuthorizationRule => ({
      name: Name,
      primaryKey: PrimaryKey ?? randomKey(),
      secondaryKey: SecondaryKey ?? randomKey(),
      rights: Rights,
    }),
  );

/** The authorization rules of the namespace, a queue or a topic. The official emulator has no such setting. */
export function authorizationRulesSchema({ official }: Limits) {
  return z.array(rule).superRefine((rules, context) => {
    const problem = problemOfRules(rules);
    if (official) {
      context.addIssue("is not a setting of the official emulator");
    } else if (problem !== null) {
      context.addIssue(problem);
    }
  });
}
