import type { Wire, WireAnswer } from "../ris/wire.ts";

/**
 * The commands of the PowerShell module d365fo.integrations, request by request, with their quirks. Each throws where
 * the real one would write an error.
 *
 * @see https://github.com/d365collaborative/d365fo.integrations
 */
export interface PowerShellClient {
  readonly wire: Wire;
  readonly url: string;
  readonly token: string;
  /** Replaces host and scheme that the client would talk to after its rewriting by where the server really is. */
  rewrite(url: string): string;
}

/** Get-D365ODataToken: a token of the old endpoint, for a resource that is the server's address. */
export async function getToken(
  wire: Wire,
  request: { endpoint: string; resource: string; client: { id: string; secret: string } },
): Promise<string> {
  const form = new URLSearchParams({
    grant_type: "client_credentials",
    client_id: request.client.id,
    client_secret: request.client.secret,
    resource: request.resource,
  });
  const answer = await wire.send({
    method: "POST",
    url: request.endpoint,
    headers: { "Content-Type": "application/x-www-form-urlencoded" },
    body: form.toString(),
  });
  return (JSON.parse(answer.text) as { access_token: string }).access_token;
}

/** Import-D365DmfPackage. @returns the message id */
export async function importDmfPackage(
  client: PowerShellClient,
  job: { jobId: string; content: Buffer },
): Promise<string> {
  const answer = await client.wire.send({
    method: "POST",
    url: `${client.url}/api/connector/enqueue/${encodedJobId(job.jobId)}`,
    headers: { Authorization: `Bearer ${client.token}`, "Content-Type": "application/zip" },
    body: job.content,
  });
  return require200(answer).text.replaceAll('"', "");
}

/** Get-D365DmfMessageStatus -WaitForCompletion; the real one asks every minute. */
export async function getDmfMessageStatus(
  client: PowerShellClient,
  messageId: string,
): Promise<string> {
  for (let attempt = 0; attempt < 100; attempt++) {
    const answer = await client.wire.send({
      method: "POST",
      url: `${client.url}/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities.GetMessageStatus`,
      headers: { Authorization: `Bearer ${client.token}`, "Content-Type": "application/json" },
      // as it stands there
      body: `{'messageId':'${messageId}'}`,
    });
    const { value } = JSON.parse(require200(answer).text) as { value: string };
    if (ENDS.has(value)) {
      return value;
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  throw new Error("the message never came to an end");
}

const ENDS: ReadonlySet<string> = new Set([
  "Processed",
  "PreProcessingError",
  "ProcessedWithErrors",
  "PostProcessingFailed",
]);

/** Export-D365DmfPackage: one message. @returns the file; null when the real one says that there is none */
export async function exportDmfPackage(
  client: PowerShellClient,
  jobId: string,
): Promise<Buffer | null> {
  const headers = { Authorization: `Bearer ${client.token}` };
  const dequeue = await client.wire.send({
    method: "GET",
    url: `${client.url}/api/connector/dequeue/${encodedJobId(jobId)}`,
    headers,
  });
  if (dequeue.text.trim() === "") {
    return null;
  }
  require200(dequeue);
  const { DownloadLocation } = JSON.parse(dequeue.text) as { DownloadLocation: string };
  const location = DownloadLocation.replaceAll("http://", "https://").replaceAll(":80", "");
  const file = require200(
    await client.wire.send({ method: "GET", url: client.rewrite(location), headers }),
  );
  const ack = await client.wire.send({
    method: "POST",
    url: `${client.url}/api/connector/ack/${encodedJobId(jobId)}`,
    headers: { ...headers, "Content-Type": "application/json" },
    // the text of the answer, letter by letter
    body: dequeue.text,
  });
  require200(ack);
  return file.bytes;
}

/** Invoke-D365DmfInit. */
export async function invokeDmfInit(client: PowerShellClient): Promise<void> {
  const answer = await client.wire.send({
    method: "POST",
    url: `${client.url}/data/DataManagementDefinitionGroups/Microsoft.Dynamics.DataEntities.InitializeDataManagement`,
    headers: { Authorization: `Bearer ${client.token}`, "Content-Type": "application/json" },
    body: "{}",
  });
  if (answer.status >= 300) {
    throw new Error(`the server answered ${answer.status}`);
  }
}

/** Users paste ids with braces; .NET sends them encoded. */
function encodedJobId(jobId: string): string {
  return jobId.replace("{", "%7B").replace("}", "%7D");
}

/** Most commands compare with 200, not with success. */
function require200(answer: WireAnswer): WireAnswer {
  if (answer.status !== 200) {
    throw new Error(`the server answered ${answer.status}: ${answer.text}`);
  }
  return answer;
}
