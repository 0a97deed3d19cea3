import type { PublishedFile } from "../../src/domain/ledger/ledger-entry.ts";

/** A published file with one overridden fact or two. */
export function aFile(facts: Partial<PublishedFile> = {}): PublishedFile {
  return {
    fileType: "Shop.ItemChanges",
    sequence: 1,
    fileId: "ce820821-8215-427a-96eb-7f476bcfc8a4",
    correlationId: "7e06807f-674f-4199-9140-a97b897dbaee",
    path: { container: "shop-itemchanges", name: "Shop.ItemChanges/2026-03-01/x.jsonl.gz" },
    uri: "https://account.blob.core.windows.net/shop-itemchanges/Shop.ItemChanges/2026-03-01/x.jsonl.gz",
    contentType: "application/x-jsonlines",
    contentEncoding: "gzip",
    entity: "Items",
    records: 10,
    bytes: 100,
    sha256: "0".repeat(64),
    mode: "incremental",
    window: { from: "1", to: "2" },
    fullBecause: null,
    publishedAt: new Date("2026-03-01T10:00:00Z"),
    ...facts,
  };
}
