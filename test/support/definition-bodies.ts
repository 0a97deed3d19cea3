export const APPLICATION_ID = "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11";
export const CONNECTOR_ID = "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";

/** Bodies as an operator sends them, with members laid over them. */
export function connectorBody(members: object = {}): Record<string, unknown> {
  return { name: "Partner", direction: "export", applications: [APPLICATION_ID], ...members };
}

export function exportBody(members: object = {}): Record<string, unknown> {
  return {
    fileType: "Shop.ItemChanges",
    entities: [entityBody()],
    format: { kind: "jsonl" },
    schedule: { cron: "0 * * * *" },
    ...members,
  };
}

export function entityBody(members: object = {}): Record<string, unknown> {
  return {
    name: "Items",
    source: { kind: "postgres", connection: "shop", table: "shop.items" },
    ...members,
  };
}

export function subscriptionBody(members: object = {}): Record<string, unknown> {
  return {
    fileTypes: ["Shop.ItemChanges"],
    via: { kind: "connector", connectorId: CONNECTOR_ID },
    ...members,
  };
}
