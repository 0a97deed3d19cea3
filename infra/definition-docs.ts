import { makeApi } from "../src/doors.ts";
import { type OpenApiDocument, openApiDocument } from "../src/functions/openapi/document.ts";
import { DEFINITION_SCHEMAS } from "../src/systems/index.ts";

/** The part of JSON Schema that the documents of definitions need. */
interface Schema {
  readonly [keyword: string]: unknown;
  readonly $ref?: string;
  readonly type?: string;
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly oneOf?: readonly Schema[];
  readonly anyOf?: readonly Schema[];
  readonly additionalProperties?: boolean | Schema;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly default?: unknown;
  readonly examples?: readonly unknown[];
}

/** The four kinds of definitions: their schema in the API's document, and their address. */
const KINDS = [
  { schema: "ConnectorDefinition", title: "Connector", path: "connectors/{connectorId}" },
  { schema: "ExportDefinition", title: "Export", path: "exports/{id}" },
  { schema: "ImportDefinition", title: "Import", path: "imports/{id}" },
  { schema: "SubscriptionDefinition", title: "Subscription", path: "subscriptions/{id}" },
] as const;

/** Schemas that several fields use, each with its own section. */
const PARTS = [
  "ExportEntity",
  "SourceDefinition",
  "FormatOptions",
  "Schedule",
  "ImportColumn",
  "ImportTarget",
  "ImportFormat",
] as const;

const HEAD = `# Definitions, field by field

This page is made by \`npm run docs\` from the schemas that check the requests. \`docs/schemas\` holds the same as JSON
Schemas, for editors: put \`"$schema"\` into the settings of your editor, not into the definition.

A field in bold is required. "Default" says what holds when a field is left out.
`;

/** Placeholders: the schemas show nothing of one installation. */
const SITE = {
  publicBaseUrl: "https://waybill.example",
  audiences: ["api://waybill"],
  operatorRole: "Waybill.Operator",
  maxBodyBytes: 16 * 1024 * 1024,
  temporaryEndpointMs: 5_400_000,
};

/** The files of `docs/` that are made from the schemas: paths below `docs/`, and texts. */
export function definitionDocs(): ReadonlyMap<string, string> {
  const schemas = schemasOf(openApiDocument(SITE, makeApi(DEFINITION_SCHEMAS)));
  const sections = [
    ...KINDS.map(({ schema, title, path }) =>
      section(`${title}: \`PUT /api/definitions/${path}\``, schemaNamed(schemas, schema)),
    ),
    ...PARTS.map((name) => section(name, schemaNamed(schemas, name))),
  ];
  return new Map([
    ["definitions.md", `${[HEAD, ...sections].join("\n")}`],
    ...KINDS.map(({ schema, title }): [string, string] => [
      `schemas/${title.toLowerCase()}.json`,
      `${JSON.stringify(standalone(schemas, schema), null, 2)}\n`,
    ]),
  ]);
}

type Schemas = Readonly<Record<string, Schema>>;

function schemasOf(document: OpenApiDocument): Schemas {
  return document.components.schemas as Schemas;
}

function schemaNamed(schemas: Schemas, name: string): Schema {
  const schema = schemas[name];
  if (schema === undefined) {
    throw new Error(`Cannot document "${name}": the API's document has no such schema`);
  }
  return schema;
}

function section(title: string, schema: Schema): string {
  const examples = (schema.examples ?? []).map(
    (example) => `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\`\n`,
  );
  return [
    `## ${title}\n`,
    ...(schema.description === undefined ? [] : [`${schema.description}\n`]),
    ...examples,
    ...tables(schema),
  ].join("\n");
}

/** One table. For a union, one table per member, under the value that distinguishes it. */
function tables(schema: Schema): string[] {
  const members = schema.oneOf ?? schema.anyOf;
  if (members === undefined) {
    return [table(schema)];
  }
  return members.map((member) => {
    const [name, told] = tellingField(member);
    const description = told.description === undefined ? [] : [`${told.description}\n`];
    const heading = `### ${name} \`${JSON.stringify(told.const)}\`\n`;
    return [heading, ...description, table(member)].join("\n");
  });
}

/** The field whose single value distinguishes a member of a union. */
function tellingField(member: Schema): readonly [name: string, field: Schema] {
  const found = Object.entries(member.properties ?? {}).find(
    ([, { const: value }]) => value !== undefined,
  );
  if (found === undefined) {
    throw new Error("Cannot document a union: a member has no field with one value");
  }
  return found;
}

function table(schema: Schema): string {
  const rows = fieldsOf(schema, "").map(
    ({ name, isRequired, field }) =>
      `| ${isRequired ? `**\`${name}\`**` : `\`${name}\``} | ${cell(typeOf(field))} | ${cell(defaultOf(field))} | ${cell(field.description ?? "")} |`,
  );
  return ["| field | type | default | what it is |", "|---|---|---|---|", ...rows, ""].join("\n");
}

interface Field {
  /** Names joined with dots; `[]` stands for the members of a list. */
  readonly name: string;
  readonly isRequired: boolean;
  readonly field: Schema;
}

/** The fields of an object and of its members, outer before inner. */
function fieldsOf(schema: Schema, prefix: string): Field[] {
  const required = schema.required ?? [];
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]) => [
    { name: `${prefix}${name}`, isRequired: required.includes(name), field },
    ...innerFields(field, `${prefix}${name}`),
  ]);
}

function innerFields(field: Schema, name: string): Field[] {
  if (field.items !== undefined) {
    return innerFields(field.items, `${name}[]`);
  }
  const members = (field.oneOf ?? field.anyOf ?? []).filter(
    ({ properties }) => properties !== undefined,
  );
  const isTold = new Set<string>();
  return [field, ...members]
    .flatMap((member) => fieldsOf(member, `${name}.`))
    .filter((inner) => {
      const key = `${inner.name} ${JSON.stringify(inner.field)}`;
      return !isTold.has(key) && isTold.add(key);
    });
}

function typeOf(field: Schema): string {
  const { $ref, items, enum: values, additionalProperties } = field;
  if ($ref !== undefined) {
    const name = $ref.split("/").at(-1) ?? "";
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (field.const !== undefined) {
    return `\`${JSON.stringify(field.const)}\``;
  }
  if (values !== undefined) {
    return values.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  }
  if (items !== undefined) {
    return `list of ${typeOf(items)}`;
  }
  const members = field.oneOf ?? field.anyOf;
  if (members !== undefined) {
    return [...new Set(members.map(typeOf))].join(" or ");
  }
  if (typeof additionalProperties === "object") {
    return `object of ${typeOf(additionalProperties)}`;
  }
  return `${field.type ?? "any"}${boundsOf(field)}`;
}

const BOUNDS: Readonly<Record<string, (bound: unknown) => string>> = {
  format: (format) => `${format}`,
  minimum: (least) => `from ${least}`,
  maximum: (most) => `to ${most}`,
  maxLength: (most) => `at most ${most} characters`,
};

function boundsOf(field: Schema): string {
  const bounds = Object.entries(BOUNDS).flatMap(([keyword, tell]) =>
    field[keyword] === undefined ? [] : [tell(field[keyword])],
  );
  return bounds.length === 0 ? "" : ` (${bounds.join(", ")})`;
}

function defaultOf(field: Schema): string {
  return field.default === undefined ? "" : `\`${JSON.stringify(field.default)}\``;
}

/** A pipe would end the cell, a line break the row. */
function cell(text: string): string {
  return text.replaceAll("|", "\\|").replaceAll("\n", " ");
}

/** A schema that stands alone and contains the schemas that it uses. */
function standalone(schemas: Schemas, name: string): unknown {
  const used = new Set<string>();
  const collect = (text: string): void => {
    for (const [, part = ""] of text.matchAll(/"#\/components\/schemas\/([^"]+)"/g)) {
      if (!used.has(part)) {
        used.add(part);
        collect(JSON.stringify(schemaNamed(schemas, part)));
      }
    }
  };
  const schema = schemaNamed(schemas, name);
  collect(JSON.stringify(schema));
  const parts = [...used].sort().map((part) => [part, schemaNamed(schemas, part)]);
  const text = JSON.stringify({
    $schema: "https://json-schema.org/draft/2020-12/schema",
    ...schema,
    ...(parts.length === 0 ? {} : { $defs: Object.fromEntries(parts) }),
  });
  return JSON.parse(text.replaceAll('"#/components/schemas/', '"#/$defs/'));
}
