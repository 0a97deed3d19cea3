/** Effort that an event asks of the operator: none, a look, or a repair. */
export type LogLevel = "information" | "warning" | "error";
export type LogFact = string | number | boolean | null | undefined;
export type LogFacts = Readonly<Record<string, LogFact>>;

/** Logs one event for the operator, in one line. Facts never hold a secret or a URL with its query. */
export type Log = (event: LogEvent, facts?: LogFacts) => void;
export type LogEvent = keyof typeof LOG_EVENTS;

/**
 * Every event of the log, and its level. Alerts and operators' queries depend on these names. `docs/operate.md`
 * describes each; a test compares the two.
 */
export const LOG_EVENTS = {
  "connection-invalid": "error",
  "definition-deleted": "information",
  "definition-saved": "information",
  "definition-unreadable": "error",
  "dead-letter": "warning",
  "download-broken-off": "warning",
  "endpoint-resumed": "information",
  "endpoint-stopped": "error",
  "file-announced": "information",
  "file-deleted": "information",
  "file-downloaded": "information",
  "file-downloading": "information",
  "file-fanned-out-late": "warning",
  "file-received": "information",
  "file-received-again": "information",
  "file-not-announced": "warning",
  "file-overdue": "warning",
  "heartbeat-failed": "warning",
  "import-broken-off": "warning",
  "import-continued": "information",
  "import-ended": levelOfImport,
  "import-put-off": "warning",
  "topic-drift": "warning",
  "topic-keys-rotated": "information",
  "topic-reader-silent": "error",
  "topic-reader-returned": "information",
  "topic-token-issued": "information",
  "topic-subscription-failed": "warning",
  "topic-subscription-provisioned": "information",
  "topic-subscription-removed": "information",
  "temporary-endpoint-issued": "information",
  "submission-file-deleted": "information",
  "submissions-cleaned-up": "information",
  "lease-renewed": "information",
  "delivery-brought": "information",
  "delivery-failed": "warning",
  "delivery-not-hinted": "warning",
  "delivery-parked": "error",
  "delivery-acked": "information",
  "delivery-acked-unfetched": "warning",
  "delivery-dequeued": "information",
  "delivery-enqueued": "information",
  "delivery-expired": "error",
  "delivery-rejected": "warning",
  "delivery-released": "information",
  "delivery-requeued": "information",
  "deliveries-cleaned-up": "information",
  "package-asked-again": "information",
  "package-deleted": "information",
  "package-ordered": "information",
  "place-too-large": "warning",
  request: ({ status }: LogFacts) => (Number(status) >= 500 ? "error" : "information"),
  "request-refused": "warning",
  "run-continued": "information",
  "run-ended": ({ state }: LogFacts) => (state === "failed" ? "error" : "information"),
  "run-left-alone": "information",
  "run-lost": "warning",
  "run-not-sent": "warning",
  "run-of-earlier-version": "information",
  "run-put-off": "warning",
  "run-queued": "information",
  "run-sent-again": "warning",
  "run-started-anew": "warning",
  "schedule-reset": "warning",
  "settings-invalid": "error",
  "stray-file-deleted": "information",
  "subscription-behind": "error",
  "subscription-caught-up": "information",
  tick: "information",
  "tick-late": "warning",
  "tick-not-ordered": "warning",
  "tick-watch-failed": "warning",
  "upload-deleted": "information",
  "upload-opened": "information",
  "webhook-asked": "information",
} as const satisfies Record<string, LogLevel | ((facts: LogFacts) => LogLevel)>;

export function levelOf(event: LogEvent, facts: LogFacts): LogLevel {
  const level = LOG_EVENTS[event];
  return typeof level === "string" ? level : level(facts);
}

function levelOfImport({ state }: LogFacts): LogLevel {
  if (state === "processed") {
    return "information";
  }
  return state === "processed-with-errors" ? "warning" : "error";
}
