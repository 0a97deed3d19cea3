import type { DefinitionKind } from "../domain/definitions/definitions.ts";
import { fromRow, type Key, toRow } from "./table-rows.ts";

/**
 * Rows and queue messages keep the names that Dynamics 365 has for two things, so that every version reads what another
 * one wrote. Inside they have the names of ours.
 *
 * | stored | inside |
 * |---|---|
 * | `activityId` | `connectorId` |
 * | `messageId` | `submissionId` |
 */
const STORED = { connectorId: "activityId", submissionId: "messageId" } as const;
const INSIDE = { activityId: "connectorId", messageId: "submissionId" } as const;

type Members = Readonly<Record<string, unknown>>;

/** The value by stored names; only its own members are looked at, not what they hold. */
export function withStoredNames(value: object): Members {
  return withNames(value, STORED);
}

/** {@link toRow} of a value by stored names. */
export function toNamedRow(key: Key, value: object, writeId?: string): ReturnType<typeof toRow> {
  return toRow(key, withStoredNames(value), writeId);
}

/** The value that {@link toNamedRow} stored. */
export function fromNamedRow<Value>(row: Members): Value {
  return withNames(fromRow<object>(row), INSIDE) as Value;
}

/** A definition's body as it is stored. */
export function storedBody(kind: DefinitionKind, body: unknown): unknown {
  return withVia(kind, body, STORED);
}

/** A stored body as definitions are now. */
export function bodyOf(kind: DefinitionKind, stored: unknown): unknown {
  return withVia(kind, stored, INSIDE);
}

/** Among all definitions, only a subscription's way names a connector. */
function withVia(kind: DefinitionKind, body: unknown, names: Record<string, string>): unknown {
  return kind === "subscriptions" && isObject(body) && isObject(body.via)
    ? { ...body, via: withNames(body.via, names) }
    : body;
}

function withNames(value: object, names: Readonly<Record<string, string>>): Members {
  return Object.fromEntries(
    Object.entries(value).map(([name, member]) => [names[name] ?? name, member]),
  );
}

function isObject(value: unknown): value is Members {
  return typeof value === "object" && value !== null;
}
