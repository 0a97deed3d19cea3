import { randomUUID } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { useLocalStack } from "../support/local-stack.ts";
import {
  ACTIONS,
  actionCaller,
  GUID_REGEXP,
  makeCountries,
  packageExports,
} from "../support/package-api.ts";

const EXPORT_ID = "countries";
const ZERO = "00000000-0000-0000-0000-000000000000";

const local = useLocalStack({ shop: true });
const partner = actionCaller(local, "partner-a");
const other = actionCaller(local, "partner-b");
const stranger = actionCaller(local, "stranger");
const { define } = packageExports(local);

beforeAll(async () => {
  const database = await makeCountries(local);
  await database.end();
  await define(EXPORT_ID);
  await define("hidden", {
    packageApi: { applications: [local.stack.file.clients["partner-b"].id] },
  });
});

test("an accepted id is known from the first moment, whatever is wrapped around it, and stays known", async () => {
  const id = `Countries-2026-03-01_10-00-00-${randomUUID()}`;
  await partner.value("ExportToPackage", { definitionGroupId: EXPORT_ID, executionId: id });

  for (const written of [id, `"${id}"`, `'${id}'`, `{${id}}`, `"{${id}}"`, ` ${id} `]) {
    const status = await partner.value("GetExecutionSummaryStatus", { executionId: written });
    expect(["NotRun", "Executing", "Succeeded"]).toContain(status);
  }
  const url = await partner.value("GetExportedPackageUrl", { executionId: id });
  expect(url === "" || url.startsWith("http")).toBe(true);
  expect(await partner.value("GetExecutionErrors", { executionId: id })).toBe("[]");
  expect(await partner.value("GetExecutionSummaryPageUrl", { executionId: id })).toContain(
    encodeURIComponent(id),
  );

  const inOtherCase = await partner.act("GetExecutionSummaryStatus", {
    executionId: id.toUpperCase(),
  });
  expect(inOtherCase.status).toBe(400);
});

test("an execution that is not known is 400 in the original's words and shape, without a stack trace", async () => {
  const answer = await partner.act("GetExecutionSummaryStatus", { executionId: "nobody's" });

  expect(answer.status).toBe(400);
  expect(answer.headers.get("content-type")).toContain("application/json");
  expect(answer.json()).toEqual({
    error: {
      code: "",
      message: "An error has occurred.",
      innererror: {
        message:
          "Exception occurred while executing action GetExecutionSummaryStatus on Entity DataManagementDefinitionGroup: Execution details were not found for execution id: nobody's",
        type: "System.InvalidOperationException",
      },
    },
  });
});

test("what others may use looks like what does not exist, and an application that nothing names gets 403", async () => {
  const executionId = await other.value("ExportToPackage", { definitionGroupId: "hidden" });

  const texts = async (action: string, foreign: object, missing: object): Promise<string[]> =>
    (await Promise.all([partner.act(action, foreign), partner.act(action, missing)])).map(
      ({ status, text }) =>
        `${status} ${text.replaceAll(/hidden|absent/g, "X").replaceAll(/[0-9a-f-]{36}/g, "ID")}`,
    );
  const missingId = randomUUID();
  for (const [foreign, missing] of [
    await texts(
      "ExportToPackage",
      { definitionGroupId: "hidden" },
      { definitionGroupId: "absent" },
    ),
    await texts(
      "ResetVersionToken",
      { definitionGroupId: "hidden" },
      { definitionGroupId: "absent" },
    ),
    ...(await Promise.all(
      [
        "GetExecutionSummaryStatus",
        "GetExportedPackageUrl",
        "GetExecutionErrors",
        "GetMessageStatus",
        "DeleteExecutionHistoryJob",
      ].map((action) => texts(action, { executionId }, { executionId: missingId })),
    )),
  ]) {
    expect(foreign).toMatch(/^400 /);
    expect(foreign).toBe(missing);
  }

  for (const action of [
    "GetAzureWriteUrl",
    "GetExecutionSummaryStatus",
    "InitializeDataManagement",
  ]) {
    const answer = await stranger.act(action, { executionId });
    expect(answer.status).toBe(403);
    expect(answer.json().error.innererror.message).toContain("no connector names it");
  }
  const without = await fetch(`${local.stack.file.app}${ACTIONS}GetAzureWriteUrl`, {
    method: "POST",
    body: "{}",
  });
  expect(without.status).toBe(401);
});

test("two partners may choose the same execution id and meet only their own", async () => {
  const executionId = "nightly";

  await partner.value("ExportToPackage", { definitionGroupId: EXPORT_ID, executionId });
  await other.value("ExportToPackage", { definitionGroupId: "hidden", executionId });

  const [own] = await partner.value("GetEntityExecutionSummaryStatusList", { executionId });
  expect(JSON.parse(own).EntityName).toBe("Countries");
  const { items } = (await local.call("operator", { path: "/api/exports/hidden/runs" })).json();
  expect(
    items.filter(
      (run: { package?: { executionId: string } }) => run.package?.executionId === executionId,
    ),
  ).toHaveLength(1);
});

test("two applications of one export may choose the same execution id and meet only their own", async () => {
  const { clients } = local.stack.file;
  const applications = [clients["partner-a"].id, clients["partner-b"].id];
  await define("shared", { packageApi: { applications } });
  const order = { definitionGroupId: "shared", executionId: "nightly-shared" };

  await partner.value("ExportToPackage", order);
  const before = await other.act("GetExecutionSummaryStatus", JSON.stringify(order));
  const never = JSON.stringify({ executionId: "never-given" });
  const unknown = await other.act("GetExecutionSummaryStatus", never);
  await other.value("ExportToPackage", order);

  expect(before.status).toBe(400);
  expect(before.text.replace("nightly-shared", "never-given")).toBe(unknown.text);
  const { items } = (await local.call("operator", { path: "/api/exports/shared/runs" })).json();
  expect(items).toHaveLength(2);
});

const LENIENT: Record<string, (id: string) => string | Uint8Array> = {
  "single quotes": (id) => `{'executionId':'${id}'}`,
  "quotes around the id": (id) => JSON.stringify({ executionId: `"${id}"` }),
  "braces and upper case": (id) => JSON.stringify({ executionId: `{${id.toUpperCase()}}` }),
  "a byte order mark": (id) => `\uFEFF${JSON.stringify({ executionId: id })}`,
  "UTF-16": (id) => Buffer.from(`\uFEFF${JSON.stringify({ executionId: id })}`, "utf16le"),
  "a name in another case": (id) => JSON.stringify({ ExecutionID: id, more: { than: ["asked"] } }),
  "a name with an underscore": (id) => JSON.stringify({ _executionId: id }),
  "the name of the other id": (id) => JSON.stringify({ messageId: id }),
  "a member that comes twice": (id) => `{"executionId":"x","executionId":"${id}"}`,
};

test.each(Object.entries(LENIENT))("a body is understood with %s", async (_, body) => {
  const executionId = await partner.value("ExportToPackage", { definitionGroupId: EXPORT_ID });

  const answer = await partner.act("GetExecutionSummaryStatus", body(executionId));

  expect(answer.status, answer.text).toBe(200);
});

test.each([`/en${ACTIONS}`, `/namespaces/AXSF${ACTIONS}`, ACTIONS.toLowerCase()])(
  "an action answers under %s, by its name in any case",
  async (path) => {
    const answer = await partner.act("initializedatamanagement", "{}", path);

    expect([answer.status, answer.text]).toEqual([204, ""]);
  },
);

test.each(["", ZERO, `{${ZERO}}`, null])(
  "an export without an id of its own (%s) gets one",
  async (executionId) => {
    const order = { definitionGroupId: EXPORT_ID, packageName: "x", executionId };

    const answer = await partner.value("ExportToPackage", order);

    expect(answer).toMatch(GUID_REGEXP);
    expect(answer).not.toBe(ZERO);
  },
);

test("values are flat, with a context for their type", async () => {
  const answer = await partner.act("ExportToPackage", { definitionGroupId: EXPORT_ID });

  expect(answer.headers.get("odata-version")).toBe("4.0");
  expect(answer.json()).toEqual({
    "@odata.context": `${local.stack.file.app}/data/$metadata#Edm.String`,
    value: expect.stringMatching(GUID_REGEXP),
  });
});

test.each([
  ["NoSuchAction", {}, "there is no such action"],
  ["ExportToPackage", "no JSON at all", "not a JSON object"],
  ["ExportToPackage", { definitionGroupId: EXPORT_ID, executionId: "x".repeat(201) }, "200"],
  [
    "ExportToPackage",
    { definitionGroupId: EXPORT_ID, entityList: "Cities" },
    "Entity Cities does not exist in the target environment",
  ],
  ["ExportFromPackage", { definitionGroupId: EXPORT_ID, execute: false }, "execute"],
])("%s refuses what makes no sense, and says why", async (action, body, because) => {
  const answer = await partner.act(action, body);

  expect(answer.status).toBe(400);
  expect(answer.json().error.innererror.message).toContain(because);
});
