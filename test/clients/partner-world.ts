import { BlobServiceClient } from "@azure/storage-blob";
import { Client } from "pg";
import { afterAll, beforeAll } from "vitest";
import { PackageOptions } from "../../src/domain/packages/package-options.ts";
import { eventually, type LocalStack, useLocalStack } from "../support/local-stack.ts";
import { writtenPackage } from "../support/written-package.ts";

/** Doors of the partner whose clients are replayed. */
export const DOORS = {
  files: "1d31e09f-0249-4f0a-9d6c-1f0e3c5b7a01",
  packages: "1d31e09f-0249-4f0a-9d6c-1f0e3c5b7a02",
  pull: "1d31e09f-0249-4f0a-9d6c-1f0e3c5b7a03",
} as const;
export const ENTITY = "Größen und groups";
export const IMPORT_PROJECT = "Customer groups import";
export const EXPORT_PROJECT = "Customer groups export";
const FILE_TYPE = "Test.GroupChanges";
/** Base of the links: the address of a gateway, not that of the app. */
const PUBLIC_BASE_URL = "https://waybill.example";

export interface PartnerWorld {
  readonly local: LocalStack;
  readonly database: Client;
  /** Where a link on the public address really leads. @throws Error when it is on no public address */
  rewrite(url: string): string;
  /** Exports one new row, and waits until its file is at the connector. @returns the file's bytes */
  publish(id: string): Promise<Buffer>;
}

/** A partner that takes files, sends files and packages, and orders packages, on a stack of its own. */
export function usePartnerWorld(): PartnerWorld {
  const local = useLocalStack({ shop: true, settings: () => ({ PUBLIC_BASE_URL }) });
  const state: { database?: Client } = {};
  const database = (): Client => {
    if (state.database === undefined) {
      throw new Error("the world is not made");
    }
    return state.database;
  };

  beforeAll(async () => {
    state.database = new Client(local.stack.file.postgres ?? "");
    state.database.on("error", () => undefined);
    await state.database.connect();
    await state.database.query(
      "create table public.groups (id text primary key, name text not null, company text)",
    );
    await state.database.query("create table public.news (id text primary key)");
    await define(local);
  }, 60_000);

  afterAll(async () => {
    await state.database?.end();
  });

  return {
    local,
    get database() {
      return database();
    },
    rewrite: (url) => {
      const { origin, pathname, search } = new URL(url);
      if (origin !== PUBLIC_BASE_URL) {
        throw new Error(`getaddrinfo ENOTFOUND ${origin}`);
      }
      return `${local.stack.file.app}${pathname}${search}`;
    },
    publish: async (id) => {
      await database().query("insert into public.news values ($1)", [id]);
      return publishNews(local);
    },
  };
}

async function define(local: LocalStack): Promise<void> {
  const applications = [local.stack.file.clients["partner-a"].id];
  const groups = {
    name: ENTITY,
    columns: [
      { name: "id", required: true, maxLength: 10 },
      { name: "name", required: true },
      { name: "company", fact: "company" },
    ],
    target: { kind: "postgres", connection: "shop-owner", table: "public.groups", mode: "upsert" },
  };
  const news = {
    name: "News",
    source: { kind: "postgres", connection: "shop-owner", table: "public.news" },
  };
  await local.define("imports/groups", { format: { kind: "csv" }, entities: [groups] });
  await local.define("imports/group-packages", { format: { kind: "package" }, entities: [groups] });
  await local.define("exports/news", {
    ...{ fileType: FILE_TYPE, entities: [news], format: { kind: "jsonl" } },
    packageApi: { applications, definitionGroup: EXPORT_PROJECT },
  });
  await local.define(`connectors/${DOORS.files}`, {
    ...{ name: "Files", direction: "import", content: "file", import: "groups", applications },
  });
  await local.define(`connectors/${DOORS.packages}`, {
    ...{ name: IMPORT_PROJECT, direction: "import", content: "package", import: "group-packages" },
    applications,
  });
  await local.define(`connectors/${DOORS.pull}`, {
    ...{ name: "News", direction: "export", applications },
  });
  await local.define("subscriptions/news", {
    fileTypes: [FILE_TYPE],
    via: { kind: "connector", connectorId: DOORS.pull },
  });
}

async function publishNews(local: LocalStack): Promise<Buffer> {
  await local.call("operator", { method: "POST", path: "/api/exports/news/runs" });
  const before = (await messages(local)).length;
  await eventually(async () => ((await messages(local)).length > before ? true : null));
  const ledger = await local.call("operator", { path: `/api/ledger/${FILE_TYPE}` });
  const { path } = ledger.json().items.at(-1);
  return BlobServiceClient.fromConnectionString(local.stack.file.storage.connectionString)
    .getContainerClient(path.container)
    .getBlobClient(path.name)
    .downloadToBuffer();
}

async function messages(local: LocalStack): Promise<unknown[]> {
  return (await local.call("operator", { path: `/api/connectors/${DOORS.pull}/deliveries` })).json()
    .items;
}

/** A data package with a csv file for the entity. */
export async function groupsPackage(csv: string): Promise<Buffer> {
  const options = PackageOptions.parse({
    ...{ kind: "package", definitionGroup: IMPORT_PROJECT, file: { kind: "csv" } },
  });
  const entity = {
    name: ENTITY,
    columns: [
      { name: "id", type: "string" as const },
      { name: "name", type: "string" as const },
    ],
    bytes: oneChunk(csv),
  };
  return writtenPackage(options, [entity], new Date("2026-03-01T10:00:00Z"));
}

async function* oneChunk(content: string): AsyncGenerator<Buffer> {
  yield Buffer.from(content);
}
