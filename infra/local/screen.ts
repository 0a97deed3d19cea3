import type { StackFile } from "./stack-file.ts";

/** What a person sees when everything runs: what is where, what happens next, and what to try. */
export function firstScreen(
  file: StackFile,
  facts: { readonly stackFile: string; readonly tookMs: number },
): string {
  const { app, demo, tokenEndpoint } = file;
  const secret = `$(node -p "require('${facts.stackFile}').clients['partner-a'].secret")`;
  const dequeue = `${app}/api/connector/dequeue/${demo.activityId}`;
  const ack = `${app}/api/connector/ack/${demo.activityId}`;
  const bearer = '-H "Authorization: Bearer $TOKEN"';
  return `
Waybill runs, after ${(facts.tookMs / 1_000).toFixed(1)} s.

  App            ${app}
  Blob storage   ${endpointOf(file.storage.connectionString, "BlobEndpoint")}
  Table storage  ${endpointOf(file.storage.connectionString, "TableEndpoint")}
  Service Bus    ${endpointOf(file.serviceBus.connectionString, "Endpoint")}
  Tokens         ${tokenEndpoint.v2}
  Shop database  ${file.postgres === null ? "none" : new URL(file.postgres).host}
  Addresses, client ids and secrets: ${facts.stackFile}

What happens now: rows of the shop change all the time; every 10 seconds exports read the changes, write a file
each, and announce it. Partner A may pull price and item changes, and is told of price changes on topic
"${demo.topic}", subscription "${demo.subscription}". Each file is a line below.

Be partner A, in another terminal:

1. Get a token
   TOKEN=$(curl -s ${tokenEndpoint.v2} -d grant_type=client_credentials -d client_id=${file.clients["partner-a"].id} -d client_secret="${secret}" -d scope=${file.audience}/.default | node -p 'JSON.parse(require("fs").readFileSync(0)).access_token')

2. Dequeue a file (nothing is printed while none is waiting)
   MESSAGE=$(curl -s ${bearer} ${dequeue}); echo "$MESSAGE"

3. Download and read it, and acknowledge it
   curl -s ${bearer} "$(node -p 'JSON.parse(process.argv[1]).DownloadLocation' "$MESSAGE")" | gunzip | head && curl -s ${bearer} -d "$MESSAGE" -w 'acknowledged: %{http_code}\\n' ${ack}

Stop with Ctrl-C.
`;
}

function endpointOf(connectionString: string, name: string): string {
  const part = connectionString.split(";").find((pair) => pair.startsWith(`${name}=`));
  return part?.slice(name.length + 1) ?? "as given";
}

type Facts = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** How each event of the app reads; those not named here are for the log only. */
const EVENTS: Readonly<Record<string, (facts: Facts) => string | null>> = {
  "run-ended": (facts) => runLine(facts),
  "file-announced": (facts) => `announced   ${fileOf(facts)}`,
  "message-enqueued": (facts) => `waiting     ${fileOf(facts)} at connector ${facts.activityId}`,
  "message-dequeued": (facts) => `dequeued    ${fileOf(facts)} by ${facts.applicationId}`,
  "file-downloading": (facts) => `downloaded  ${fileOf(facts)}`,
  "message-acked": (facts) => `acked       ${fileOf(facts)} by ${facts.applicationId}`,
};

/**
 * One line for a person out of a line of the app's log.
 *
 * @returns null for what a person need not see
 */
export function eventLine(line: string, at: Date): string | null {
  const facts = parse(line);
  if (facts === null) {
    return line;
  }
  const text = EVENTS[String(facts.event)]?.(facts) ?? failedRequest(facts);
  return text === null ? null : `${at.toISOString().slice(11, 19)}  ${text}`;
}

function runLine(facts: Facts): string | null {
  if (facts.state === "failed") {
    return `FAILED      export ${facts.exportId}: ${facts.failure}`;
  }
  return facts.sequence === null || facts.sequence === undefined
    ? null
    : `exported    ${facts.exportId} #${facts.sequence}, ${facts.records} records`;
}

function failedRequest(facts: Facts): string | null {
  return facts.event === "request" && Number(facts.status) >= 400
    ? `refused     ${facts.method} ${facts.name}: ${facts.status} ${facts.failure}`
    : null;
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
