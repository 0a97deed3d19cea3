import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { openApiDocument } from "../../../src/functions/openapi/document.ts";
import { EXAMPLES } from "../../../src/functions/openapi/examples.ts";
import { API, OPERATIONS } from "../../support/api-document.ts";

const document = openApiDocument(
  {
    publicBaseUrl: "https://waybill.example",
    audiences: ["api://waybill"],
    maxBodyBytes: 16_777_216,
    operatorRole: "Exchange.Operator",
  },
  API,
);
const asSent = () => JSON.parse(JSON.stringify(document));

test("the document is OpenAPI 3.1, as others read it", async () => {
  const validator = new Validator();

  expect(await validator.validate(asSent())).toEqual({ valid: true });
  expect(validator.version).toBe("3.1");
});

test("the validator refuses what is not OpenAPI", async () => {
  const broken = asSent();
  broken.paths["/api/openapi.json"].get.responses["200"] = { content: "none" };

  expect((await new Validator().validate(broken)).valid).toBe(false);
});

test("every reference leads to a schema, and every schema is referred to", () => {
  const text = JSON.stringify(document);
  const references = [...text.matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g)];

  expect(text).not.toContain("$defs");
  expect(new Set(references.map(([, name]) => name))).toEqual(
    new Set(Object.keys(document.components.schemas)),
  );
});

test("no two operations share a name or an address", () => {
  for (const of of [
    OPERATIONS.map(({ id }) => id),
    OPERATIONS.map(({ method, path }) => `${method} ${path}`),
  ]) {
    expect(of.filter((one, index) => of.indexOf(one) !== index)).toEqual([]);
  }
});

test.each(OPERATIONS.map((operation) => [operation.id, operation] as const))(
  "%s describes each part of its path, its tag and its refusals",
  (_, { path, pathParameters = {}, tag, caller, answers }) => {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const tags = (document.tags as { name: string }[]).map(({ name }) => name);

    expect(Object.keys(pathParameters).sort()).toEqual(names.sort());
    expect(tags).toContain(tag);
    expect(Object.keys(answers)).toEqual(
      expect.arrayContaining(caller === "anyone" ? ["500"] : ["401", "403", "429", "500", "503"]),
    );
  },
);

test("an operator's operation asks for the operator's role, a partner's for a token, this one for none", () => {
  expect(document.paths["/api/ledger/{fileType}"]?.get?.security).toEqual([
    { entra: ["Exchange.Operator"] },
  ]);
  expect(document.paths["/api/connector/peek/{activityId}"]?.get?.security).toEqual([
    { entra: [] },
  ]);
  expect(document.paths["/api/openapi.json"]?.get?.security).toEqual([]);
});

test("requests are described as sent, answers as stored", () => {
  const { ConnectorDefinition, StoredConnector } = asSent().components.schemas;
  const [sent, stored] = [ConnectorDefinition, StoredConnector].map(({ anyOf, oneOf }) =>
    (oneOf ?? anyOf)[0].required.includes("leaseSeconds"),
  );

  expect([sent, stored]).toEqual([false, true]);
});

test("query parameters, bodies and their descriptions come from the contracts", () => {
  const enqueue = asSent().paths["/api/connector/enqueue/{activityId}"].post;
  const upload = enqueue.parameters.find(({ name }: { name: string }) => name === "upload");

  expect(upload).toEqual({
    in: "query",
    name: "upload",
    required: false,
    description: "Id of an upload to hand in, instead of a body.",
    schema: { type: "string" },
  });
  expect(asSent().components.schemas.DequeueResponse.properties.PopReceipt).toEqual({
    type: "string",
    description: "Changes with every dequeue.",
  });
});

type Described = Readonly<Record<string, unknown>> & { readonly description?: string };

/** Places of operations, parameters, headers, named schemas and members of objects, with what is said about each. */
function* describedPlaces(value: unknown, place: string): Generator<[string, Described]> {
  if (typeof value !== "object" || value === null) {
    return;
  }
  for (const [name, part] of Object.entries(value)) {
    const partPlace = `${place}/${name}`;
    if (
      /\/(?:properties|headers|schemas|(?:get|head|post|put|delete)\/parameters)$/.test(place) ||
      "operationId" in Object(part)
    ) {
      yield [partPlace, part];
    }
    if (name !== "examples" && name !== "default") {
      yield* describedPlaces(part, partPlace);
    }
  }
}

test("operations, parameters, headers, schemas and their members are described in a sentence", () => {
  const places = [...describedPlaces(asSent(), "")];
  const silent = places.filter(
    ([, { description }]) => !/^[A-Z0-9`"].*\.$/s.test(description ?? ""),
  );

  expect(places.length).toBeGreaterThan(500);
  expect(silent.map(([place]) => place)).toEqual([]);
});

test.each(Object.entries(EXAMPLES))(
  "examples of %s are such, and stand in the document",
  (name, examples) => {
    const schema = { ...API.names.answers, ...API.names.requests }[name];

    expect(examples.map((example) => schema?.safeParse(example).error?.message)).toEqual(
      examples.map(() => undefined),
    );
    expect(asSent().components.schemas[name].examples).toEqual(examples);
  },
);
