const CONNECTOR_ID = "5d1c6c1e-0f43-4a7d-8a0e-3b6f2f4f9c33";
const MESSAGE_ID = "01a1fadb-6b89-80a1-aef3-768b80430821";
const APPLICATION_ID = "0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11";

/** Examples of schemas by the names that the document has for them. Each is one that the schema accepts. */
export const EXAMPLES: Readonly<Record<string, readonly unknown[]>> = {
  ConnectorDefinition: [
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
  ],
  ExportDefinition: [
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
  ],
  ImportDefinition: [
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
  ],
  SubscriptionDefinition: [
    {
      fileTypes: ["Shop.ItemChanges"],
      filter: "records gt 0",
      via: { kind: "connector", connectorId: CONNECTOR_ID },
    },
  ],
  Schedule: [
    { every: { hours: 1 } },
    {
      cron: "0 6 * * MON-FRI",
      timeZone: "Europe/Copenhagen",
      blackouts: [{ kind: "weekly", name: "Night", from: "22:00", to: "04:00" }],
      missedRuns: { policy: "once" },
    },
  ],
  AckRequest: [{ CorrelationId: MESSAGE_ID, PopReceipt: "rnrhOdt8n3sK1fdJcm7Cgg" }],
  RejectRequest: [
    {
      CorrelationId: MESSAGE_ID,
      PopReceipt: "rnrhOdt8n3sK1fdJcm7Cgg",
      Reason: "Line 17 has no item number",
    },
  ],
  RunRequest: [{ mode: "full" }],
  CleanupRequest: [{ states: ["acked"], olderThan: "2026-03-01T00:00:00Z", dryRun: true }],
  ExportRequest: [{ definitionGroupId: "Customer groups export", packageName: "groups" }],
  ImportRequest: [
    {
      packageUrl: "https://account.blob.core.windows.net/uploads/01a1fadb?sig=...",
      definitionGroupId: "Customer groups import",
      execute: true,
    },
  ],
  DequeueResponse: [
    {
      CorrelationId: MESSAGE_ID,
      PopReceipt: "rnrhOdt8n3sK1fdJcm7Cgg",
      DownloadLocation: `https://integration.example.com/api/connector/download/${CONNECTOR_ID}?correlation-id=${MESSAGE_ID}&blob=d0294a00-2b1d-4462-acff-a6c0520adb40`,
      IsDownLoadFileExist: true,
      FileDownLoadErrorMessage: null,
      LastDequeueDateTime: null,
      FileName: "01a1fadb-6a1a-7d52-b102-4f7c38ad3d16.csv.gz",
      ContentType: "text/csv",
      ContentEncoding: "gzip",
      Size: 5_120,
      Sha256: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
      Records: 212,
    },
  ],
  ProblemDetails: [
    {
      type: "urn:waybill:problem:connector-not-found",
      title: "connector not found",
      status: 404,
      detail: `Cannot find connector "${CONNECTOR_ID}": there is none that this application may use`,
      instance: "urn:uuid:5b3c6c43-1d8f-4a1c-9d55-0f2f6d2f3a10",
    },
  ],
};
