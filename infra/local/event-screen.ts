import type { Stack } from "./stack.ts";

type Facts = Readonly<Record<string, string | number | boolean | null | undefined>>;
/** Names for ids: of clients and of connectors. */
type NameOf = (id: Facts[string]) => string;

/** The text of each event on the screen. Events that are not here appear only in the log. */
const EVENTS: Readonly<Record<string, (facts: Facts, nameOf: NameOf) => string | null>> = {
  "run-ended": runLine,
  "run-put-off": (facts) => `put off     export ${facts.exportId}: ${facts.failure}`,
  "file-announced": (facts) => `announced   ${fileOf(facts)}`,
  "delivery-enqueued": (facts, nameOf) =>
    `waiting     ${fileOf(facts)} at ${nameOf(facts.connectorId)}`,
  "delivery-dequeued": (facts, nameOf) =>
    `dequeued    ${fileOf(facts)} by ${nameOf(facts.applicationId)}`,
  "file-downloading": (facts) => `downloaded  ${fileOf(facts)}`,
  "delivery-acked": (facts, nameOf) =>
    `acked       ${fileOf(facts)} by ${nameOf(facts.applicationId)}`,
  "delivery-acked-unfetched": (facts, nameOf) =>
    `ACKED       ${fileOf(facts)} by ${nameOf(facts.applicationId)}, who never downloaded it`,
  "delivery-expired": (facts, nameOf) =>
    `EXPIRED     ${fileOf(facts)} at ${nameOf(facts.connectorId)}: nobody took it`,
  "file-received": (facts, nameOf) =>
    `received    ${facts.bytes} bytes for import ${facts.importId} by ${nameOf(facts.applicationId)}`,
  "file-received-again": (facts, nameOf) =>
    `received    again at ${nameOf(facts.connectorId)}: a repetition, which is not imported twice`,
  "import-ended": importLine,
  "import-put-off": (facts, nameOf) =>
    `put off     import of a file at ${nameOf(facts.connectorId)}: ${firstLine(facts.failure)}`,
  "definition-saved": (facts, nameOf) => `saved       ${definitionOf(facts, nameOf)}`,
  "definition-deleted": (facts, nameOf) => `deleted     ${definitionOf(facts, nameOf)}`,
  "definition-unreadable": (facts) => `UNREADABLE  ${facts.kind}/${facts.id}: ${facts.reason}`,
  "subscription-behind": (facts) =>
    `BEHIND      subscription ${facts.subscriptionId}: ${facts.failure}`,
  request: requestLine,
};

/** Prints a line for each line of the app's log that concerns a person. */
export function eventScreen(stack: Stack, print: (text: string) => void): (line: string) => void {
  const names = connectorNames(stack);
  for (const [name, { id }] of Object.entries(stack.file.clients)) {
    names.set(id, name);
  }
  const show = (line: string, at: Date): void => {
    const text = eventLine(line, { at, nameOf: (id) => names.get(String(id)) });
    if (text !== null) {
      print(text);
    }
  };
  return (line) => {
    const at = new Date();
    if (line.includes('"event":"definition-saved"')) {
      // a connector is new, or has another name
      void names.refresh().then(() => show(line, at));
    } else {
      show(line, at);
    }
  };
}

/**
 * Makes one line for a person from a line of the app's log.
 *
 * @returns null for a line that does not concern a person
 */
export function eventLine(
  line: string,
  { at, nameOf }: { readonly at: Date; readonly nameOf: (id: string) => string | undefined },
): string | null {
  const facts = parse(line);
  if (facts === null) {
    return line;
  }
  const known: NameOf = (id) => nameOf(String(id)) ?? String(id);
  const text = EVENTS[String(facts.event)]?.(facts, known) ?? null;
  return text === null ? null : `${at.toISOString().slice(11, 19)}  ${text}`;
}

/** Names of connectors, as the operator sees them. */
function connectorNames(stack: Stack): Map<string, string> & { refresh(): Promise<void> } {
  const names = new Map<string, string>();
  const read = async (): Promise<void> => {
    const response = await fetch(`${stack.file.app}/api/definitions/connectors?limit=1000`, {
      headers: { authorization: `Bearer ${await stack.token("operator")}` },
    });
    const { items } = (await response.json()) as { items: { id: string; name: string }[] };
    for (const { id, name } of items) {
      names.set(id, `connector "${name}"`);
    }
  };
  // without a name the id is shown
  const refresh = (): Promise<void> => read().catch(() => undefined);
  void refresh();
  return Object.assign(names, { refresh });
}

function runLine(facts: Facts): string | null {
  if (facts.state === "failed") {
    return `FAILED      export ${facts.exportId}: ${facts.failure}`;
  }
  return facts.sequence === null || facts.sequence === undefined
    ? null
    : `exported    ${facts.exportId} #${facts.sequence}, ${facts.records} records`;
}

function importLine(facts: Facts, nameOf: NameOf): string {
  const where = nameOf(facts.connectorId);
  if (facts.failure !== undefined) {
    return `REFUSED     a file at ${where}: ${firstLine(facts.failure)} (${facts.state}; message ${facts.submissionId})`;
  }
  const bad = Number(facts.badRows) > 0 ? `, ${facts.badRows} of them bad` : "";
  return `imported    ${facts.rows} rows from ${where}${bad} (message ${facts.submissionId})`;
}

/** The path shows the request. Ids in it are shown by name if there is one. */
function requestLine(facts: Facts, nameOf: NameOf): string | null {
  if (Number(facts.status) < 400) {
    return null;
  }
  const caller = facts.applicationId === undefined ? "" : ` by ${nameOf(facts.applicationId)}`;
  const path = String(facts.path).replace(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, (id) => {
    const name = nameOf(id);
    return name === id ? id : `<${name}>`;
  });
  return `refused     ${facts.method} ${path}${caller}: ${facts.status} ${firstLine(facts.failure)}`;
}

function firstLine(text: Facts[string]): string {
  return String(text ?? "").split("\n")[0] ?? "";
}

/** A connector has a name; the other kinds' ids are names. */
function definitionOf({ kind, id }: Facts, nameOf: NameOf): string {
  const name = nameOf(id);
  return name === id ? `${kind}/${id}` : name;
}

function fileOf(facts: Facts): string {
  return `${facts.fileType} #${facts.sequence}`;
}

function parse(line: string): Facts | null {
  try {
    const facts: unknown = JSON.parse(line);
    return typeof facts === "object" && facts !== null && "event" in facts
      ? (facts as Facts)
      : null;
  } catch {
    return null;
  }
}
