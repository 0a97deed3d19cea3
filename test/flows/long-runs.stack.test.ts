import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { BlobServiceClient } from "@azure/storage-blob";
import { afterAll, expect, test } from "vitest";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { entriesOf } from "../support/zip.ts";

/**
 * Exports that take longer than an invocation, through the app, the broker and storage as they are. The platform's own
 * setting ends an invocation after twelve seconds, in place of an hour.
 */

const PAGES = 60;
const ROWS_A_PAGE = 5;
/** Delay of the slow API for each page: an invocation is too short for all pages. */
const PAGE_MS = 300;

const api = {
  origin: "",
  asked: [] as string[],
  onPage: (_path: string, _page: number): void => {},
};
const server = createServer((request, response) => {
  const url = new URL(request.url ?? "/", api.origin);
  const page = Number(url.searchParams.get("page"));
  api.asked.push(`${url.pathname} ${page}`);
  api.onPage(url.pathname, page);
  const rows = Array.from({ length: ROWS_A_PAGE }, (_, row) => ({
    id: page * ROWS_A_PAGE + row,
    name: `Zeile ${page * ROWS_A_PAGE + row}`,
  }));
  const next = page + 1 < PAGES ? { "@odata.nextLink": `?page=${page + 1}&token=of-the-link` } : {};
  const answer = () => response.end(JSON.stringify({ value: rows, ...next }));
  setTimeout(answer, url.pathname.startsWith("/v1/slow") ? PAGE_MS : 0);
});
server.listen(0, "127.0.0.1");
await once(server, "listening");
api.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

const local = useLocalStack({
  shop: true,
  settings: () => ({
    AzureFunctionsJobHost__functionTimeout: "00:00:12",
    RUN_SILENCE_SECONDS: "1",
    CONNECTION_API: JSON.stringify({
      ...{ kind: "http", baseUrl: `${api.origin}/v1` },
      auth: { kind: "bearer", token: "of-the-api" },
    }),
  }),
});

afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const entity = (path: string) => ({
  name: path,
  source: {
    ...{ kind: "http-json", connection: "api", path },
    columns: [
      { name: "id", type: "integer" },
      { name: "name", type: "string" },
    ],
    ...{ paging: { by: "odata-nextlink" }, incremental: { by: "none" } },
  },
});

interface Published {
  readonly run: {
    readonly state: string;
    readonly attempts: number;
    readonly continuations: number;
  };
  readonly entry: { readonly bytes: number; readonly sha256: string; readonly records: number };
  readonly file: Buffer;
}

/** Runs an export to its end. */
async function published(id: string, members: object): Promise<Published> {
  const fileType = `Test.${id.replaceAll("-", "")}`;
  await local.define(`exports/${id}`, {
    ...{ fileType, format: { kind: "jsonl" }, compression: "none" },
    ...members,
  });
  await local.call("operator", { method: "POST", path: `/api/exports/${id}/runs` });
  const run = await eventually(async () => {
    // nobody answers while the app starts anew
    const answer = await local
      .call("operator", { path: `/api/exports/${id}/runs` })
      .catch(() => null);
    const [last] = answer?.json().items ?? [];
    return last?.endedAt ? last : null;
  });
  expect(run).toMatchObject({ state: "succeeded", failure: null });
  const { items } = (await local.call("operator", { path: `/api/ledger/${fileType}` })).json();
  expect(items).toHaveLength(1);
  const [entry] = items;
  const file = await BlobServiceClient.fromConnectionString(
    local.stack.file.storage.connectionString,
  )
    .getContainerClient(entry.path.container)
    .getBlobClient(entry.path.name)
    .downloadToBuffer();
  expect(entry).toMatchObject({
    ...{ sequence: 1, bytes: file.length },
    sha256: createHash("sha256").update(file).digest("hex"),
  });
  return { run, entry, file };
}

/** Kills the app when these pages are asked for, each for the first time, and starts it again. */
function killAt(path: string, pages: readonly number[]): { readonly kills: number } {
  const left = new Set(pages);
  const state = { kills: 0 };
  api.onPage = (askedFor, page) => {
    if (askedFor === path && left.delete(page)) {
      state.kills += 1;
      void local.stack.restartApp().then(() => {
        // frees everything that the dead app held: its lock ends now, not in a minute
        local.stack.cloud.broker?.faults.loseLocks("runs");
      });
    }
  };
  return state;
}

test("an export that needs several invocations, also when the app is killed twice, publishes what an uninterrupted one does", async () => {
  const whole = await published("quick", { entities: [entity("quick")] });
  expect(whole.run).toMatchObject({ attempts: 1, continuations: 0 });
  const killed = killAt("/v1/slow", [12, 50]);

  const continued = await published("slow", { entities: [entity("slow")] });

  expect(killed.kills).toBe(2);
  expect(continued.run.continuations).toBeGreaterThanOrEqual(1);
  expect(continued.run.attempts).toBeGreaterThanOrEqual(continued.run.continuations + 3);
  expect(continued.file.equals(whole.file)).toBe(true);
  expect(continued.entry).toMatchObject({
    ...{ records: PAGES * ROWS_A_PAGE, bytes: whole.entry.bytes, sha256: whole.entry.sha256 },
  });
  // the first page was asked for once: nothing began anew
  expect(api.asked.filter((asked) => asked === "/v1/slow 0")).toHaveLength(1);
  const said = local.lines.join("\n");
  expect(said).not.toContain("of-the-link");
  expect(said).not.toContain("of-the-api");
}, 180_000);

test("a data package of several entities that needs several invocations holds what an uninterrupted one does", async () => {
  const format = { kind: "package", definitionGroup: "Test", file: { kind: "csv" } };
  const shop = {
    name: "Items",
    source: { kind: "postgres", connection: "shop", table: "shop.items" },
  };
  const members = (path: string) => ({
    ...{ format, compression: undefined },
    entities: [shop, { ...entity(path), name: "Rows" }, { ...shop, name: "Items again" }],
  });
  const whole = await published("quick-package", members("quick-package"));
  const killed = killAt("/v1/slow-package", [15]);

  const continued = await published("slow-package", members("slow-package"));

  expect(killed.kills).toBe(1);
  expect(continued.run.continuations).toBeGreaterThanOrEqual(1);
  expect(continued.entry.records).toBe(whole.entry.records);
  expect(await entriesOf(continued.file)).toEqual(await entriesOf(whole.file));
}, 180_000);
