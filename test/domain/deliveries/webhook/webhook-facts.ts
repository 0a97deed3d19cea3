import type { WebhookFacts } from "../../../../src/domain/deliveries/webhook/webhook-body.ts";
import type { PublishedFile } from "../../../../src/domain/ledger/ledger-entry.ts";

export function aPublishedFile(changes: Partial<PublishedFile> = {}): PublishedFile {
  return {
    fileType: "Shop.Items",
    sequence: 17,
    fileId: "ce820821-8215-427a-96eb-7f476bcfc8a4",
    correlationId: "7e06807f-674f-4199-9140-a97b897dbaee",
    path: { container: "shop-items", name: "Shop.Items/2026-03-01/7e06807f-ce820821.csv.gz" },
    uri: "https://acct.blob.example/shop-items/Shop.Items/2026-03-01/7e06807f-ce820821.csv.gz",
    contentType: "text/csv",
    contentEncoding: "gzip",
    entity: "Items",
    records: 42,
    bytes: 2_817,
    sha256: "ab".repeat(32),
    mode: "incremental",
    window: { from: "1", to: "2" },
    fullBecause: null,
    publishedAt: new Date("2026-03-01T10:00:00.123Z"),
    ...changes,
  };
}

export function webhookFacts(changes: Partial<WebhookFacts> = {}): WebhookFacts {
  return {
    deliveryId: "0195512f-4c0b-8abc-a123-0123456789ab",
    file: aPublishedFile(),
    previousSequence: 15,
    isRepeated: false,
    isTest: false,
    legalEntity: "USMF",
    link: {
      url: "https://acct.blob.example/shop-items/f.csv.gz?sig=a%2Bb%3D",
      expiresAt: new Date("2026-03-01T11:00:00Z"),
    },
    ...changes,
  };
}
