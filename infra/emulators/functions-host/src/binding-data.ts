import type { TypedData } from "./core-types.ts";

/**
 * The platform's binding data: a dictionary that ignores case and keeps the first spelling of a name. So a later value
 * can have an earlier spelling.
 */
export interface BindingData {
  set(name: string, value: TypedData): void;
  has(name: string): boolean;
  toRecord(): Record<string, TypedData>;
}

export function bindingData(): BindingData {
  const entries = new Map<string, { name: string; value: TypedData }>();
  return {
    set(name, value) {
      const key = name.toLowerCase();
      entries.set(key, { name: entries.get(key)?.name ?? name, value });
    },
    has: (name) => entries.has(name.toLowerCase()),
    toRecord: () =>
      Object.fromEntries([...entries.values()].map(({ name, value }) => [name, value])),
  };
}

/** Joins repeated names by ",", whatever their case, under the first spelling. */
export function joined(
  pairs: readonly (readonly [name: string, value: string])[],
): Record<string, string> {
  const names = new Map<string, string>();
  const values: Record<string, string> = Object.create(null);
  for (const [name, value] of pairs) {
    const known = names.get(name.toLowerCase());
    names.set(name.toLowerCase(), known ?? name);
    values[known ?? name] = known === undefined ? value : `${values[known]},${value}`;
  }
  return values;
}

/**
 * The top-level members of a JSON object, as the platform copies them into binding data: scalars as text, objects as
 * JSON. Arrays and nulls are left out. A text that is not a JSON object gives none.
 */
export function jsonMembers(text: string | null): [name: string, value: TypedData][] {
  const trimmed = text?.trim() ?? "";
  if (!trimmed.startsWith("{") || !trimmed.endsWith("}")) {
    return [];
  }
  try {
    const members = JSON.parse(trimmed) as Record<string, unknown>;
    return Object.entries(members).flatMap(([name, value]) =>
      value === null || Array.isArray(value) ? [] : [[name, memberData(value)]],
    );
  } catch {
    return [];
  }
}

const INSTANT_REGEXP = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)?$/;

/** Scalars in .NET's form: `True`, and `01/31/2026 10:00:00` for a text that looks like an instant. */
function memberData(value: unknown): TypedData {
  if (typeof value === "object") {
    return { json: JSON.stringify(value) };
  }
  if (typeof value === "boolean") {
    return { string: value ? "True" : "False" };
  }
  const text = String(value);
  const at = new Date(typeof value === "string" && INSTANT_REGEXP.test(text) ? text : "");
  return { string: Number.isNaN(at.getTime()) ? text : invariantText(at) };
}

function invariantText(at: Date): string {
  const [year, month, day] = at.toISOString().slice(0, 10).split("-");
  return `${month}/${day}/${year} ${at.toISOString().slice(11, 19)}`;
}
