import {
  ACTIONS,
  authorization,
  get,
  MAX_TRIES,
  pause,
  postJson,
  type RisClient,
  requireSuccess,
} from "./client.ts";

/** Job.Upload, for one file. @returns the body as it came, quotes included: that is what goes into the status file */
export async function upload(
  client: RisClient,
  file: { activityId: string; name: string; content: Buffer; company?: string; entity?: string },
): Promise<string> {
  const query = [
    file.company === undefined ? [] : [`company=${formEncoded(file.company)}`],
    file.entity === undefined ? [] : [`entity=${formEncoded(file.entity)}`],
  ].flat();
  const suffix = query.length === 0 ? "" : `?${query.join("&")}`;
  const answer = await client.wire.send({
    method: "POST",
    url: `${client.aosUri}/api/connector/enqueue/${file.activityId}${suffix}`,
    headers: { ...authorization(client), "x-ms-dyn-externalidentifier": file.name },
    body: file.content,
  });
  return requireSuccess(answer).text;
}

/** `HttpUtility.ParseQueryString().ToString()`: a space is a plus, and what is not ASCII is `%u`, escaped once more. */
function formEncoded(text: string): string {
  return encodeURIComponent(text)
    .replaceAll("%20", "+")
    .replace(/(?:%[89A-F][0-9A-F])+/gi, (run) =>
      decodeURIComponent(run)
        .split("")
        .map((letter) => `%25u${letter.charCodeAt(0).toString(16).padStart(4, "0")}`)
        .join(""),
    );
}

interface DataJob {
  readonly DataJobStatus: { readonly DataJobState: number | string } | null;
}

/** Job.ProcessingMonitor, for one status file: polls until the message has come to an end. */
export async function processingMonitor(
  client: RisClient,
  status: { activityId: string; messageId: string },
): Promise<{ state: number; errors: string | null; raw: string }> {
  const jobId = status.messageId.replaceAll('"', "");
  for (let attempt = 0; attempt < MAX_TRIES; attempt++) {
    const path = `api/connector/jobstatus/${status.activityId}?jobId=${jobId}`;
    const answer = await get(client, path);
    const state = answer.status === 200 ? jobStateOf(answer.text) : null;
    if (state === 5) {
      return { state, errors: null, raw: answer.text };
    }
    if (state === 6 || state === 7 || state === 8) {
      const body = { executionId: status.messageId };
      const errors = requireSuccess(await postJson(client, `${ACTIONS}GetExecutionErrors`, body));
      return { state, errors: errors.text, raw: answer.text };
    }
    await pause();
  }
  throw new Error("the message never came to an end");
}

const STATE_NAMES: readonly string[] = [
  "Enqueued",
  "Dequeued",
  "Downloaded",
  "Acked",
  "InProcess",
  "Processed",
  "ProcessedWithErrors",
  "PostProcessError",
  "PreProcessError",
];
const DATES: readonly string[] = [
  "DataJobStartedDateTime",
  "DataJobCompletedDateTime",
  "ExecutionStartedDateTime",
  "ExecutionCompletedDateTime",
];

/** Newtonsoft's reading: an enum by number or by a name that it knows, and no date that is null. */
function jobStateOf(text: string): number | null {
  const job = JSON.parse(text, (name, value) => {
    if (DATES.includes(name) && Number.isNaN(Date.parse(value))) {
      throw new Error(`Error converting value ${value} to type DateTime: ${name}`);
    }
    return value;
  }) as DataJob;
  const state = job.DataJobStatus?.DataJobState ?? null;
  const number = typeof state === "string" ? STATE_NAMES.indexOf(state) : state;
  if (number !== null && STATE_NAMES[number] === undefined) {
    throw new Error(`Error converting value ${state} to type DataJobState`);
  }
  return number;
}

interface DataMessage {
  readonly CorrelationId: string;
  readonly PopReceipt: string;
  readonly DownloadLocation: string;
}

/** Job.Download: dequeues all there is, and only then fetches and acknowledges each. */
export async function download(client: RisClient, activityId: string): Promise<Buffer[]> {
  const messages: DataMessage[] = [];
  for (;;) {
    const answer = await get(client, `api/connector/dequeue/${activityId}`);
    if (answer.status === 204) {
      if (answer.bytes.length > 0) {
        throw new Error("204 with a body");
      }
      break;
    }
    if (answer.status !== 200) {
      throw new Error(`dequeue answered ${answer.status}`);
    }
    messages.push(readMessage(answer.text));
  }
  const files: Buffer[] = [];
  for (const message of messages) {
    // new UriBuilder(location) { Scheme = https, Port = -1 }
    const location = new URL(message.DownloadLocation);
    const rewritten = `https://${location.hostname}${location.pathname}${location.search}`;
    const answer = await get(client, client.rewrite(rewritten));
    files.push(requireSuccess(answer).bytes);
    const ack = { ...message, DownloadLocation: rewritten };
    await postJson(client, `api/connector/ack/${activityId}`, ack).then(requireSuccess);
  }
  return files;
}

/** Into a class that has these members and two enums of which no text is known here. */
function readMessage(text: string): DataMessage {
  const { CorrelationId, PopReceipt, DownloadLocation, ...others } = JSON.parse(text);
  if ("MessageStatus" in others || "DataJobState" in others) {
    throw new Error("Error converting value to an enum");
  }
  if (typeof DownloadLocation !== "string") {
    throw new Error("Value cannot be null. Parameter name: uriString");
  }
  return { CorrelationId, PopReceipt, DownloadLocation };
}

/** The result of the form "Validate" for the connection: true is "access OK". */
export async function validateConnection(client: RisClient): Promise<{
  readonly aos: number;
  readonly access: "OK" | "not mapped" | "unclear";
}> {
  const aos = await client.wire.send({
    method: "GET",
    url: client.aosUri,
    headers: authorization(client),
  });
  const check = await get(
    client,
    `api/connector/dequeue/${"0".repeat(8)}-0000-0000-0000-${"0".repeat(12)}`,
  );
  const access = check.status === 500 ? "OK" : check.status === 403 ? "not mapped" : "unclear";
  return { aos: aos.status, access };
}
