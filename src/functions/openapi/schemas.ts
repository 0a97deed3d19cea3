import { z } from "zod";
import { EXAMPLES } from "./examples.ts";
import type { Names } from "./names.ts";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** JSON Schema of each schema given, and of the named ones that they refer to. */
export interface Described {
  readonly of: ReadonlyMap<z.ZodType, JsonSchema>;
  readonly named: Readonly<Record<string, JsonSchema>>;
}

/** What clients send: before defaults and conversions. */
export function describeRequests(schemas: readonly z.ZodType[], names: Names): Described {
  return describe(schemas, names, "input");
}

/** What clients receive. Members may be added, so no object is closed. */
export function describeAnswers(schemas: readonly z.ZodType[], names: Names): Described {
  return describe(schemas, names, "output");
}

function describe(schemas: readonly z.ZodType[], names: Names, io: "input" | "output"): Described {
  const registry = z.registry<{ id: string }>();
  for (const [id, schema] of Object.entries(names)) {
    registry.add(schema, { id });
  }
  const distinct = [...new Set(schemas)];
  const all = z.object(Object.fromEntries(distinct.map((schema, index) => [index, schema])));
  const { properties, $defs } = z.toJSONSchema(all, {
    target: "draft-2020-12",
    io,
    metadata: registry,
    override: ({ zodSchema, jsonSchema }) => {
      // kept in a registry of its own, which ours stands in for
      const description = z.globalRegistry.get(zodSchema)?.description;
      Object.assign(jsonSchema, description === undefined ? {} : { description });
      tidy(jsonSchema, io);
    },
  });
  const described = inComponents({ properties, $defs });
  return {
    of: new Map(distinct.map((schema, index) => [schema, described.properties?.[index] ?? {}])),
    named: withExamples(described.$defs ?? {}),
  };
}

function withExamples(named: Readonly<Record<string, JsonSchema>>): Described["named"] {
  const schemas = Object.entries(named).map(([name, schema]) => {
    const examples = EXAMPLES[name];
    return [name, examples === undefined ? schema : { ...schema, examples }];
  });
  return Object.fromEntries(schemas);
}

/** Takes away what says nothing: the bounds of every whole number, and that answers have no more members. */
function tidy(schema: z.core.JSONSchema.BaseSchema, io: "input" | "output"): void {
  if (schema.minimum === Number.MIN_SAFE_INTEGER) {
    delete schema.minimum;
  }
  if (schema.maximum === Number.MAX_SAFE_INTEGER) {
    delete schema.maximum;
  }
  if (io === "output" && schema.additionalProperties === false) {
    delete schema.additionalProperties;
  }
  delete schema.id;
}

function inComponents(described: object): {
  properties?: Record<string, JsonSchema>;
  $defs?: Record<string, JsonSchema>;
} {
  return JSON.parse(JSON.stringify(described).replaceAll('"#/$defs/', '"#/components/schemas/'));
}
