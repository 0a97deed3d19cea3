import { z } from "zod";

export type JsonSchema = Readonly<Record<string, unknown>>;

/** Schemas by the names that the document has for them; any other is named by its own `meta({ id })`, or not at all. */
export type Names = Readonly<Record<string, NamedSchema>>;

export interface NamedSchema {
  readonly schema: z.ZodType;
  readonly examples?: readonly unknown[];
}

/** JSON Schema of each schema given, and of the named ones that they refer to. */
export interface DescribedSchemas {
  readonly of: ReadonlyMap<z.ZodType, JsonSchema>;
  readonly named: Readonly<Record<string, JsonSchema>>;
}

/**
 * Describes schemas by their own descriptions, names and examples.
 *
 * @param io `input`: what clients send, before defaults and conversions; `output`: what they receive, to which members
 *   may be added, so no object is closed
 */
export function describeSchemas(
  schemas: readonly z.ZodType[],
  io: "input" | "output",
  names: Names,
): DescribedSchemas {
  const named = new Map(Object.entries(names).map(([id, one]) => [one.schema, { ...one, id }]));
  const distinct = [...new Set(schemas)];
  const all = z.object(Object.fromEntries(distinct.map((schema, index) => [index, schema])));
  const { properties, $defs } = z.toJSONSchema(all, {
    target: "draft-2020-12",
    io,
    metadata: {
      get: (schema: z.ZodType) => {
        const id = named.get(schema)?.id ?? z.globalRegistry.get(schema)?.id;
        return id === undefined ? undefined : { id };
      },
    } as typeof z.globalRegistry,
    override: ({ zodSchema, jsonSchema }) => {
      const { description, examples } = z.globalRegistry.get(zodSchema) ?? {};
      const own = named.get(zodSchema as unknown as z.ZodType)?.examples ?? examples;
      Object.assign(jsonSchema, description === undefined ? {} : { description });
      Object.assign(jsonSchema, own === undefined ? {} : { examples: own });
      tidy(jsonSchema, io);
    },
  });
  const described = inComponents({ properties, $defs });
  return {
    of: new Map(distinct.map((schema, index) => [schema, described.properties?.[index] ?? {}])),
    named: described.$defs ?? {},
  };
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
