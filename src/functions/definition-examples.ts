const APPLICATION_ID = "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11";

/** Examples of definitions, as they are sent. */
export const CONNECTORS: readonly unknown[] = [
  {
    name: "Shop to partner A",
    direction: "export",
    applications: [APPLICATION_ID],
    leaseSeconds: 3_600,
  },
  {
    name: "Customer groups of partner A",
    direction: "import",
    applications: [APPLICATION_ID],
    import: "customer-groups",
    content: "file",
    ordered: true,
  },
];

export const EXPORTS: readonly unknown[] = [
  {
    description: "Items that have changed, every quarter of an hour",
    fileType: "Shop.ItemChanges",
    entities: [
      {
        name: "Items",
        source: { kind: "postgres", connection: "shop", table: "public.items" },
        columns: ["item_no", { name: "price", type: "decimal" }],
      },
    ],
    format: { kind: "csv", delimiter: ";" },
    schedule: { every: { minutes: 15 }, timeZone: "Europe/Copenhagen" },
  },
];

export const IMPORTS: readonly unknown[] = [
  {
    format: { kind: "csv" },
    entities: [
      {
        name: "Customer groups",
        columns: [
          { name: "id", required: true, maxLength: 10 },
          { name: "discount", type: "decimal", min: 0, max: 100 },
        ],
        target: {
          kind: "postgres",
          connection: "shop",
          table: "public.customer_groups",
          mode: "upsert",
        },
      },
    ],
    errors: { onRowErrors: "continue", maxErrorShare: 0.1 },
  },
];

export const SUBSCRIPTIONS: readonly unknown[] = [
  {
    fileTypes: ["Shop.ItemChanges"],
    filter: "records gt 0",
    via: { kind: "connector", connectorId: "5d1c6c1e-0f43-4a7d-8a0e-3b6f2f4f9c33" },
  },
];

export const SCHEDULES: readonly unknown[] = [
  { every: { hours: 1 } },
  {
    cron: "0 6 * * MON-FRI",
    timeZone: "Europe/Copenhagen",
    blackouts: [{ kind: "weekly", name: "Night", from: "22:00", to: "04:00" }],
    missedRuns: { policy: "once" },
  },
];
