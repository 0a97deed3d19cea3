import { Validator } from "@seriousme/openapi-schema-validator";
import { expect, test } from "vitest";
import { refusalsOf } from "../../../src/functions/http/refusals.ts";
import { openApiDocument } from "../../../src/functions/openapi/document.ts";
import { ALL_DOORS, API, schemaDeviation } from "../../support/api-document.ts";

const document = openApiDocument(
  {
    publicBaseUrl: "https://waybill.example",
    audiences: ["api://waybill"],
    maxBodyBytes: 16_777_216,
    temporaryEndpointMs: 5_400_000,
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
    ALL_DOORS.map(({ id }) => id),
    ALL_DOORS.map(({ method, path }) => `${method} ${path}`),
  ]) {
    expect(of.filter((one, index) => of.indexOf(one) !== index)).toEqual([]);
  }
});

test.each(ALL_DOORS.map((door) => [door.id, door] as const))(
  "%s describes each part of its path, its tag and its refusals",
  (_, door) => {
    const { path, params = {}, tag, caller } = door;
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);

    expect(Object.keys(params).sort()).toEqual(names.sort());
    expect(document.tags).toContain(tag);
    expect(Object.keys(refusalsOf(door))).toEqual(
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
    description: "Id of an upload that is sent instead of a body.",
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

const EXAMPLES = Object.entries(document.components.schemas).filter(
  ([, { examples }]) => examples !== undefined,
);

test("definitions, schedules and what partners send and get have examples", () => {
  expect(EXAMPLES.map(([name]) => name)).toEqual(
    expect.arrayContaining(["ExportDefinition", "Schedule", "AckRequest", "DequeueResponse"]),
  );
});

test.each(EXAMPLES)("examples of %s are such", (name, { examples }) => {
  const deviations = (examples as unknown[]).map((example) =>
    schemaDeviation("requests", ["components", "schemas", name], example),
  );

  expect(deviations).toEqual(deviations.map(() => null));
});
