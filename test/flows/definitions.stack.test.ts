import { expect, test } from "vitest";
import { eventually, useLocalStack } from "../support/local-stack.ts";

const local = useLocalStack({ shop: true });

const CONNECTOR = {
  name: "Partner A",
  direction: "export",
  applications: ["0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11"],
};

function exportOf(more: object = {}): object {
  return {
    fileType: "Test.ItemChanges",
    entities: [
      { name: "Items", source: { kind: "postgres", connection: "shop", table: "shop.items" } },
    ],
    format: { kind: "jsonl" },
    ...more,
  };
}

/** Lines of the app's log that pass. */
function linesOf(passes: (line: Record<string, string>) => boolean): Record<string, string>[] {
  return local.lines
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line))
    .filter(passes);
}

test("a definition is created, read, replaced only in the version named, and deleted", async () => {
  const path = "/api/definitions/connectors/{6D31E09F-0249-4F0A-9D6C-1F0E3C5B7A91}";

  const created = await local.call("operator", { method: "PUT", path, body: CONNECTOR });
  expect(created.status).toBe(201);
  expect(created.json()).toMatchObject({
    id: "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91",
    leaseSeconds: 1800,
  });

  const read = await local.call("operator", { path });
  expect(read.json()).toEqual(created.json());
  const etag = read.headers.get("etag") ?? "";
  expect(etag).toBe(created.headers.get("etag"));

  const replaced = await local.call("operator", {
    method: "PUT",
    path,
    body: { ...read.json(), leaseSeconds: 60 },
    headers: { "if-match": etag },
  });
  expect(replaced.status).toBe(200);

  const tooLate = { method: "PUT", path, body: CONNECTOR, headers: { "if-match": etag } };
  expect((await local.call("operator", tooLate)).status).toBe(412);
  const again = { method: "PUT", path, body: CONNECTOR, headers: { "if-none-match": "*" } };
  expect((await local.call("operator", again)).status).toBe(412);

  expect((await local.call("operator", { method: "DELETE", path })).status).toBe(204);
  expect((await local.call("operator", { path })).status).toBe(404);
  expect((await local.call("operator", { method: "DELETE", path })).status).toBe(404);
});

test("who changed a definition, when and to what is kept and logged, also when it is gone", async () => {
  const path = "/api/definitions/exports/with-history";
  const put = (body: object) => local.call("operator", { method: "PUT", path, body });
  expect((await put(exportOf())).json()).toMatchObject({ version: 1 });
  const second = await put(exportOf({ description: "Items" }));
  const same = await put(second.json());
  expect([same.status, same.headers.get("etag")]).toEqual([200, second.headers.get("etag")]);
  expect((await local.call("operator", { method: "DELETE", path })).status).toBe(204);

  const history = await local.call("operator", { path: `${path}/history?limit=2` });

  const { applicationId } = history.json().items[0];
  expect(applicationId).toMatch(/^[0-9a-f-]{36}$/);
  expect(second.json()).toMatchObject({ version: 2, updatedBy: applicationId });
  expect(history.json()).toMatchObject({
    items: [
      { version: 3, action: "deleted", applicationId, changed: [] },
      { version: 2, action: "replaced", changed: ["description"] },
    ],
    next: "2",
  });
  expect(history.json().items[0].definition).toMatchObject({ description: "Items" });
  const oldest = await local.call("operator", { path: `${path}/history?after=2` });
  expect(oldest.json()).toMatchObject({ items: [{ version: 1, action: "created" }], next: null });

  const about = { level: "information", kind: "exports", id: "with-history", applicationId };
  const told = linesOf(
    (line) => line.event?.startsWith("definition-") === true && line.id === "with-history",
  );
  expect(told).toMatchObject([
    { event: "definition-saved", version: 1, isNew: true, ...about },
    { event: "definition-saved", version: 2, isNew: false, changed: "description", ...about },
    { event: "definition-deleted", version: 3, ...about },
  ]);
});

test("a history is for operators, and there is none of what never was", async () => {
  const path = "/api/definitions/exports/never-was/history";

  expect((await local.call("partner-a", { path })).status).toBe(403);
  expect((await local.call("operator", { path })).status).toBe(404);
  const wrong = await local.call("operator", { path: `${path}?after=x` });
  expect(wrong.status).toBe(400);
  expect((await local.call("operator", { path: path.replace("never-was", "A") })).status).toBe(400);
});

test("lists come in pages", async () => {
  for (const id of ["page-a", "page-b", "page-c"]) {
    await local.define(`exports/${id}`, exportOf());
  }

  const ids: string[] = [];
  let next: string | null = "";
  while (next !== null) {
    const path: string = `/api/definitions/exports?limit=2${next === "" ? "" : `&after=${next}`}`;
    const page: { items: { id: string }[]; next: string | null } = (
      await local.call("operator", { path })
    ).json();
    expect(page.items.length).toBeLessThanOrEqual(2);
    ids.push(...page.items.map(({ id }) => id));
    next = page.next;
  }

  expect(ids).toEqual(["page-a", "page-b", "page-c"]);
});

test.each([
  { wrong: { fileType: "items" }, field: "fileType" },
  { wrong: { schedule: { cron: "61 * * * *" } }, field: "schedule.cron" },
  {
    wrong: { schedule: { cron: "* * * * *", timeZone: "Mars/Olympus" } },
    field: "schedule.timeZone",
  },
  { wrong: { format: { kind: "xls" } }, field: "format.kind" },
  { wrong: { secret: "x" }, field: "secret" },
  {
    wrong: {
      entities: [
        { name: "Items", source: { kind: "postgres", connection: "nowhere", table: "shop.items" } },
      ],
    },
    field: "entities[0].source.connection",
  },
  {
    wrong: {
      entities: [
        {
          name: "Items",
          source: { kind: "postgres", connection: "shop", table: "shop.items" },
          filter: "price gt",
        },
      ],
    },
    field: "entities[0].filter",
  },
])("a refusal names the wrong field: $field", async ({ wrong, field }) => {
  const answer = await local.call("operator", {
    method: "PUT",
    path: "/api/definitions/exports/wrong",
    body: exportOf(wrong),
  });

  expect(answer.status).toBe(400);
  expect(answer.headers.get("content-type")).toBe("application/problem+json; charset=utf-8");
  expect(answer.json().errors.map((error: { field: string }) => error.field)).toEqual([field]);
});

test("a connector that a subscription delivers to is not deleted", async () => {
  const connectorId = "2f7f6d62-5f0b-4f2b-8d2e-5a3c1d9e7b11";
  await local.define(`connectors/${connectorId}`, CONNECTOR);
  await local.define("subscriptions/uses-it", {
    fileTypes: ["Test.ItemChanges"],
    via: { kind: "connector", connectorId },
  });

  const path = `/api/definitions/connectors/${connectorId}`;
  const answer = await local.call("operator", { method: "DELETE", path });

  expect(answer.status).toBe(409);
  expect(answer.json().detail).toContain("uses-it");
});

test("every due slot has a record, and a run that finds nothing publishes nothing", async () => {
  await local.define("exports/every-second", exportOf({ schedule: { every: { seconds: 1 } } }));

  const slots = await eventually(async () => {
    const { items } = (
      await local.call("operator", { path: "/api/exports/every-second/slots" })
    ).json();
    return items.length >= 4
      ? (items as { dueAt: string; throughAt: string; outcome: string; count: number }[])
      : null;
  });
  const runs = (await local.call("operator", { path: "/api/exports/every-second/runs" })).json()
    .items;

  // newest first, and each begins one second after the one before it ended: none is missing
  for (const [index, slot] of slots.slice(0, -1).entries()) {
    const before = new Date(slots[index + 1]?.throughAt ?? 0).getTime();
    expect(new Date(slot.dueAt).getTime()).toBe(before + 1_000);
    expect(["ran", "late", "skipped", "coalesced"]).toContain(slot.outcome);
  }
  const ended = runs.filter(({ state }: { state: string }) => state === "succeeded").reverse();
  expect(ended[0].result).toMatchObject({
    totalRecordsExported: 200,
    fileUploadedSuccessfully: true,
    sequence: 1,
  });
  expect(ended[1].result).toMatchObject({
    totalRecordsExported: 0,
    fileUploadedSuccessfully: false,
    sequence: null,
  });
});

test("a paused export skips its slots, and still runs on request", async () => {
  await local.define(
    "exports/paused",
    exportOf({ schedule: { every: { seconds: 1 }, paused: true } }),
  );
  const slot = await eventually(async () => {
    const { items } = (await local.call("operator", { path: "/api/exports/paused/slots" })).json();
    return items[0] ?? null;
  });
  expect(slot).toMatchObject({ outcome: "skipped", runId: null });

  const path = "/api/exports/paused/runs";
  const requested = await local.call("operator", { method: "POST", path, body: { mode: "full" } });
  expect(requested.status).toBe(202);
  const ended = await eventually(async () => {
    const { items } = (await local.call("operator", { path })).json();
    return items.find(({ state }: { state: string }) => state === "succeeded") ?? null;
  });
  const { runId } = requested.json();
  expect(ended).toMatchObject({ runId, trigger: "request", attempts: 1 });
  expect(linesOf((line) => line.event === "run-queued" && line.runId === runId)).toMatchObject([
    { exportId: "paused", applicationId: expect.stringMatching(/^[0-9a-f-]{36}$/) },
  ]);
});

test("a run whose source cannot be read fails with its reason, and the cursor stays", async () => {
  await local.define("exports/broken", {
    fileType: "Test.Broken",
    entities: [
      {
        name: "None",
        source: { kind: "postgres", connection: "shop", table: "shop.no_such_table" },
      },
    ],
    format: { kind: "csv" },
  });
  const path = "/api/exports/broken/runs";
  await local.call("operator", { method: "POST", path });

  const failed = await eventually(async () => {
    const { items } = (await local.call("operator", { path })).json();
    return items.find(({ state }: { state: string }) => state === "failed") ?? null;
  });

  expect(failed.failure).toMatchObject({ code: "source-invalid" });
  expect(failed.failure.message).toContain("no_such_table");
});
