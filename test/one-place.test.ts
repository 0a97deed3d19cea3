import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

/** One thing has one name and one address: what a reader looks for stands in one file. */

const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .map((file) => file.replaceAll("\\", "/"));

const EXPORT_REGEXP =
  /^export (?:async )?(?:function\*?|const|let|class|interface|type|enum) +([\w$]+)/gm;
const EXPORT_LIST_REGEXP = /^export (?:type )?\{([^}]*)\}/gm;

/** Names that a file exports; a schema and its type of one name are one. */
function exportsOf(source: string): Set<string> {
  const declared = [...source.matchAll(EXPORT_REGEXP)].map(([, name = ""]) => name);
  const listed = [...source.matchAll(EXPORT_LIST_REGEXP)]
    .flatMap(([, names = ""]) => names.split(","))
    .map((name) =>
      name
        .trim()
        .replace(/^type /, "")
        .replace(/^.* as /, ""),
    )
    .filter((name) => name !== "");
  return new Set([...declared, ...listed]);
}

/** Names at more than one address, with their addresses. */
function twice(addresses: readonly (readonly [thing: string, file: string])[]): string[] {
  const known = new Map<string, string[]>();
  for (const [thing, file] of addresses) {
    known.set(thing, [...(known.get(thing) ?? []), file]);
  }
  return [...known].filter(([, at]) => at.length > 1).map(([thing, at]) => `${thing}: ${at}`);
}

test("no name is exported from two files", () => {
  const exported = files.flatMap((file) =>
    [...exportsOf(readFileSync(join("src", file), "utf8"))].map((name) => [name, file] as const),
  );

  expect(twice(exported)).toEqual([]);
  // the check sees what is exported, in each way of saying it
  expect(exported.length).toBeGreaterThan(1_000);
  expect([
    ...exportsOf("export async function* a() {}\nexport { type b, c as d };\nexport type E = 1;"),
  ]).toEqual(["a", "E", "b", "d"]);
});

/**
 * Files that play one role in each folder that is plugged in. A format has its folder, and so has a system, with a source
 * and a target in it.
 */
const ROLES: Readonly<Record<string, readonly string[]>> = {
  formats: ["failed-rows.ts", "options.ts", "read.ts", "write.ts"],
  systems: ["connection.ts", "definition.ts", "schemas.ts", "system.ts"],
};

test("no two files of a room have one name", () => {
  const named = files.flatMap((file) => {
    const [room = "", ...rest] = file.split("/");
    const name = rest.at(-1) ?? "";
    return rest.length === 0 || ROLES[room]?.includes(name)
      ? []
      : [[`${room}/**/${name}`, file] as const];
  });

  expect(twice(named)).toEqual([]);
  for (const [room, roles] of Object.entries(ROLES)) {
    for (const role of roles) {
      // a role that only one folder has does not count
      expect(
        files.filter((file) => file.startsWith(`${room}/`) && file.endsWith(`/${role}`)).length,
      ).toBeGreaterThan(1);
    }
  }
});

/** Things that are easily written again, and the one file of each. */
test.each([
  ["the pattern of a GUID", /\{4\}\)\{3\}|\{8\}\)?-\??\(?\[/, "domain/values/guid.ts"],
  ["the length of a day", /24 \* (?:60|3_?600)|86_?400/, "formats/day.ts"],
  ["keys that count down", /999_?999_?999_?999/, "stores/row-keys.ts"],
  ["a text that is cut and marked", /\.slice\(0, [^)]*\)[^\n]*\}\.\.\./, "formats/shortened.ts"],
  [
    "bytes up to a limit",
    /\+= chunk\.\w+;\s+if \(\w+ > [^)]*\) \{\s+(?:return|throw)/,
    "domain/values/limited-bytes.ts",
  ],
])("%s stands in one file", (_, pattern, place) => {
  const found = files.filter((file) => pattern.test(readFileSync(join("src", file), "utf8")));

  expect(found).toEqual([place]);
});
