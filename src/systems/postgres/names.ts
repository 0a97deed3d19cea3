/** A column name, or one part of a table's name, as SQL. */
export function quoteName(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** @param name `schema.table`, each part bare or in double quotes, as the definition's schema allows */
export function quoteTable(name: string): string {
  return tableParts(name).map(quoteName).join(".");
}

/**
 * @param name as for `quoteTable`
 * @returns schema and table, unquoted
 */
export function tableParts(name: string): readonly [string, string] {
  const parts = name.match(/"(?:[^"]|"")+"|[^".]+/g) ?? [];
  const [schema = "", table = ""] = parts.map((part) =>
    part.startsWith('"') ? part.slice(1, -1).replaceAll('""', '"') : part,
  );
  return [schema, table];
}
