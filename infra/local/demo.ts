import type { StackFile } from "./stack-file.ts";

/** Facts about the demo for its users. */
export const DEMO = {
  connectorId: "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91",
  fileType: "Shop.PriceChanges",
  topic: "file-available",
  subscription: "partner-a-prices",
} as const;

const PARTNER_B_CONNECTOR_ID = "0f9e3c5b-7a91-4d31-a09f-02494f0a9d6c";

const shopTable = (table: string, more: object = {}): object => ({
  kind: "postgres",
  connection: "shop",
  table: `shop.${table}`,
  ...more,
});

const PRICE_CHANGES = {
  description: "Prices as they change; a deleted price comes as its key with deleted = true",
  fileType: DEMO.fileType,
  entities: [
    {
      name: "Prices",
      source: shopTable("prices", {
        deleted: {
          by: "tombstones",
          table: "shop.deleted_prices",
          key: { item_id: "item_id", group_id: "group_id" },
        },
      }),
    },
  ],
  format: { kind: "jsonl" },
  schedule: { every: { seconds: 10 } },
};

const ITEM_CHANGES = {
  fileType: "Shop.ItemChanges",
  entities: [
    {
      name: "Items",
      source: shopTable("items"),
      columns: [
        { name: "ItemId", from: "item_id" },
        { name: "PublicId", from: "public_id" },
        { name: "Name", from: "name" },
        { name: "Description", from: "description" },
        { name: "WeightKg", from: "weight_kg" },
        { name: "Source", constant: "shop" },
      ],
      filter: "is_active eq true",
    },
  ],
  format: { kind: "csv" },
  schedule: { every: { seconds: 10 } },
};

const CUSTOMER_GROUPS = {
  fileType: "Shop.CustomerGroupChanges",
  entities: [
    {
      name: "Customer groups",
      source: shopTable("customer_groups", {
        deleted: { by: "soft-delete", column: "closed_at" },
      }),
    },
  ],
  format: { kind: "xml", rowElement: "CustomerGroup" },
  compression: "none",
  schedule: { every: { seconds: 20 } },
};

const ORDERS = {
  description: "A data package, as Dynamics 365 writes them",
  fileType: "Shop.Orders",
  entities: [
    { name: "Orders", source: shopTable("orders") },
    { name: "Order lines", source: shopTable("order_lines") },
  ],
  format: { kind: "package", definitionGroup: "Shop orders", file: { kind: "csv" } },
  schedule: { cron: "* * * * *", timeZone: "Europe/Copenhagen" },
};

/**
 * Definitions of the demo, in the form of `PUT /api/definitions/...`. The order is such that each finds the definitions
 * that it names.
 *
 * @param managesTopic whether the broker lets the app make the partners' subscriptions
 */
function demoDefinitions(
  clients: StackFile["clients"],
  managesTopic: boolean,
): [path: string, body: object][] {
  return [
    [
      `connectors/${DEMO.connectorId}`,
      { name: "Partner A", direction: "export", applications: [clients["partner-a"].id] },
    ],
    [
      `connectors/${PARTNER_B_CONNECTOR_ID}`,
      {
        name: "Partner B",
        direction: "export",
        applications: [clients["partner-b"].id],
        ordered: true,
      },
    ],
    ["exports/price-changes", PRICE_CHANGES],
    ["exports/item-changes", ITEM_CHANGES],
    ["exports/customer-groups", CUSTOMER_GROUPS],
    ["exports/orders", ORDERS],
    [
      "subscriptions/partner-a",
      {
        fileTypes: [DEMO.fileType, "Shop.ItemChanges"],
        via: { kind: "connector", connectorId: DEMO.connectorId },
      },
    ],
    [
      "subscriptions/partner-b",
      {
        fileTypes: ["Shop.Orders", "Shop.CustomerGroupChanges"],
        filter: "records gt 0",
        via: { kind: "connector", connectorId: PARTNER_B_CONNECTOR_ID },
      },
    ],
    ...(managesTopic ? [topicSubscription(clients)] : []),
  ];
}

function topicSubscription(clients: StackFile["clients"]): [path: string, body: object] {
  return [
    `subscriptions/${DEMO.subscription}`,
    {
      fileTypes: [DEMO.fileType],
      applications: [clients["partner-a"].id],
      via: { kind: "topic", access: "sas" },
    },
  ];
}

/** Saves the demo's definitions through the app's own API. @throws Error with the problem when one is refused */
export async function putDemoDefinitions(
  file: StackFile,
  token: string,
  managesTopic: boolean,
): Promise<void> {
  for (const [path, body] of demoDefinitions(file.clients, managesTopic)) {
    const response = await fetch(`${file.app}/api/definitions/${path}`, {
      method: "PUT",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (!response.ok) {
      throw new Error(`Cannot save ${path}: ${response.status} ${await response.text()}`);
    }
  }
}
