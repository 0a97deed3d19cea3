import { expect, test } from "vitest";
import { routesOf } from "../../src/functions/http/open-doors.ts";
import { openApiDocument } from "../../src/functions/openapi/document.ts";
import { ALL_DOORS, API } from "../support/api-document.ts";
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

test("each door is registered, and nothing else is", async () => {
  const described = API.entrances.flatMap((entrance) =>
    routesOf(entrance).map(({ name, route }) => ({
      name,
      route: `/${route}`,
      methods: [entrance.method.toUpperCase()],
    })),
  );
  const byName = (a: HttpFunction, b: HttpFunction) => a.name.localeCompare(b.name);

  expect((await registered()).sort(byName)).toEqual(described.sort(byName));
  expect(described.map(({ name }) => name)).toContain("connector-dequeue-under-2");
});

test("every action of the package API is described", async () => {
  const answer = await local.call("partner-a", {
    method: "POST",
    path: "/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities.NoSuchAction",
  });

  expect(answer.status).toBe(400);
  const [, names = ""] = /there are (.*)$/.exec(answer.json().error.innererror.message) ?? [];
  const actions = ALL_DOORS.filter(({ id }) => id.startsWith("package-api-"));
  expect(names.split(", ")).toEqual(actions.map(({ id }) => id.slice("package-api-".length)));
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
            temporaryEndpointMs: 5_400_000,
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
