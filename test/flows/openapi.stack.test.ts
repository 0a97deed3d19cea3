import { expect, test } from "vitest";
import { openApiDocument } from "../../src/functions/openapi/document.ts";
import { ACTION_NAMES } from "../../src/functions/openapi/package-api.ts";
import { API, OPERATIONS } from "../support/api-document.ts";
import { useLocalStack } from "../support/local-stack.ts";

const local = useLocalStack();

interface HttpFunction {
  readonly name: string;
  readonly route: string;
  readonly methods: readonly string[];
}

/** Functions that answer requests, as the app has registered them with its host. */
async function registered(): Promise<HttpFunction[]> {
  const response = await fetch(new URL("/admin/functions", local.stack.file.app));
  const functions = (await response.json()) as {
    name: string;
    config: { bindings: { type: string; route?: string; methods?: string[] }[] };
  }[];
  return functions.flatMap(({ name, config }) =>
    config.bindings
      .filter(({ type }) => type.toLowerCase() === "httptrigger")
      .map(({ route = name, methods = [] }) => ({ name, route: `/${route}`, methods })),
  );
}

/** Stands for an address that is described without what clients put before it. */
const PREFIXED_REGEXP = /^(?<base>.+)-under-[12]$/;

test("what is described is registered, and what is registered is described", async () => {
  const functions = await registered();
  const names = new Set(functions.map(({ name }) => name));
  const isPrefixed = (name: string): boolean =>
    names.has(PREFIXED_REGEXP.exec(name)?.groups?.base ?? "");
  const addresses = functions
    .filter(({ name }) => !isPrefixed(name))
    .flatMap(({ methods, route }) => methods.map((method) => `${method} ${route}`));
  const described = new Set(
    OPERATIONS.map(({ method, path, route = path }) => `${method.toUpperCase()} ${route}`),
  );

  expect([...described].sort()).toEqual(addresses.sort());
  expect(addresses).toContain("GET /api/connector/dequeue/{activityId}");
});

test("operations carry the names of the functions that answer them", async () => {
  const names = (await registered()).map(({ name }) => name);

  for (const { id } of OPERATIONS) {
    expect(names.some((name) => id === name || id.startsWith(`${name}-`))).toBe(true);
  }
});

test("every action of the package API is described", async () => {
  const answer = await local.call("partner-a", {
    method: "POST",
    path: "/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities.NoSuchAction",
  });

  expect(answer.status).toBe(400);
  const [, names = ""] = /there are (.*)$/.exec(answer.json().error.innererror.message) ?? [];
  expect(names.split(", ").sort()).toEqual([...ACTION_NAMES].sort());
});

test("anybody gets the document, and only a changed one again", async () => {
  const { app, audience } = local.stack.file;
  const { apiClientId } = local.stack.cloud;
  const url = `${app}/api/openapi.json`;

  const response = await fetch(url);
  const again = await fetch(url, {
    headers: { "if-none-match": response.headers.get("etag") ?? "" },
  });

  expect(response.status).toBe(200);
  expect(response.headers.get("content-type")).toBe("application/json; charset=utf-8");
  expect(await response.json()).toEqual(
    JSON.parse(
      JSON.stringify(
        openApiDocument(
          {
            publicBaseUrl: app,
            audiences: [audience, apiClientId],
            maxBodyBytes: 16_777_216,
            operatorRole: "Waybill.Operator",
          },
          API,
        ),
      ),
    ),
  );
  expect([again.status, (await again.arrayBuffer()).byteLength]).toEqual([304, 0]);
});

test("whatever the tests before were answered was held to the document, whoever asked", ({
  task,
}) => {
  // two by hand, one by the stack
  expect(task.file.meta.heldAnswers).toBeGreaterThanOrEqual(3);
});
