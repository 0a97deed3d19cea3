import {
  findNodeAtLocation,
  getNodeValue,
  type Node,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import type { z } from "zod";
import type { NamespaceConfig } from "./broker/types.ts";
import { findReferenceProblems } from "./config/entity-references.ts";
import { configSchema } from "./config/entity-schema.ts";
import { GENEROUS_LIMITS, OFFICIAL_LIMITS } from "./config/limits.ts";

/** One fault of a configuration. */
export interface ConfigProblem {
  /** Such as `UserConfig.Namespaces[0].Queues[2].Name`; empty for the file itself. */
  readonly path: string;
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

/** All faults of a configuration. */
export class ConfigError extends Error {
  readonly problems: readonly ConfigProblem[];

  constructor(problems: readonly ConfigProblem[]) {
    const lines = problems.map(
      ({ path, line, message }) => `  line ${line}: ${[path, message].filter(Boolean).join(" ")}`,
    );
    super(["Cannot read the Service Bus configuration:", ...lines].join("\n"));
    this.name = "ConfigError";
    this.problems = problems;
  }
}

const lineAt = (text: string, offset: number): number => text.slice(0, offset).split("\n").length;

function parseJson(text: string): Node {
  const errors: ParseError[] = [];
  const tree = parseTree(text.replace(/^\uFEFF/, ""), errors, { allowTrailingComma: true });
  if (errors.length > 0 || tree === undefined) {
    throw new ConfigError(
      errors.map(({ error, offset }) => ({
        path: "",
        line: lineAt(text, offset),
        message: `is not JSON: ${printParseErrorCode(error)}`,
      })),
    );
  }
  return tree;
}

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, key) => {
    if (typeof key === "number") {
      return `${text}[${key}]`;
    }
    return text === "" ? String(key) : `${text}.${String(key)}`;
  }, "");

/** The line of the value at `path`, or of the nearest existing value around it. */
function lineOf(path: readonly PropertyKey[], tree: Node, text: string): number {
  for (let length = path.length; length > 0; length -= 1) {
    const node = findNodeAtLocation(tree, path.slice(0, length) as (string | number)[]);
    if (node !== undefined) {
      return lineAt(text, node.offset);
    }
  }
  return lineAt(text, tree.offset);
}

/** Message in the words of the file; zod's own messages speak of input and of unions. */
function messageOf(issue: z.core.$ZodIssue): string {
  switch (issue.code) {
    case "invalid_type":
      return issue.input === undefined ? "is missing" : `must be of type ${issue.expected}`;
    case "unrecognized_keys":
      return `has unknown keys: ${issue.keys.join(", ")}`;
    case "invalid_value":
      return `must be one of ${issue.values.map((value) => JSON.stringify(value)).join(", ")}`;
    default:
      return issue.message;
  }
}

/**
 * Reads a configuration in the shape of the official emulator's Config.json: JSON with comments and trailing commas.
 *
 * @param options.strict allows only what the official emulator allows. Otherwise durations from 1 ms up to the cloud's
 *   limits, any namespace name, and topics without subscriptions are allowed.
 * @throws ConfigError with all problems at once
 * @see https://learn.microsoft.com/azure/service-bus-messaging/test-locally-with-service-bus-emulator
 */
export function parseConfig(
  text: string,
  options: { readonly strict?: boolean } = {},
): NamespaceConfig {
  const tree = parseJson(text);
  const file: unknown = getNodeValue(tree);
  const limits = options.strict === true ? OFFICIAL_LIMITS : GENEROUS_LIMITS;
  const result = configSchema(limits).safeParse(file, { reportInput: true });
  const issues = result.error?.issues ?? [];
  const findings = [
    ...issues.map((issue) => ({ path: issue.path, message: messageOf(issue) })),
    ...findReferenceProblems(file, limits),
  ];
  if (result.success && findings.length === 0) {
    return result.data;
  }
  const problems = findings.map(({ path, message }) => ({
    path: pathText(path),
    line: lineOf(path, tree, text),
    message,
  }));
  throw new ConfigError(problems.toSorted((a, b) => a.line - b.line));
}
