import { randomUUID } from "node:crypto";
import { ACTIONS, action, pollUntil, postJson, type RisClient, requireSuccess } from "./client.ts";

/** Job.Import, for one package. @returns what goes into the status file */
export async function importPackage(
  client: RisClient,
  job: { project: string; content: Buffer; company: string },
): Promise<{ executionId: string; messageId: string }> {
  const blob = JSON.parse(
    await action(client, "GetAzureWriteUrl", { uniqueFileName: randomUUID() }),
  ) as { BlobId: string; BlobUrl: string };
  await putBlob(client, blob.BlobUrl, job.content);
  const stamp = new Date().toISOString().slice(0, 19).replace("T", "_").replaceAll(":", "-");
  const executionId = `${job.project}-${stamp}-${randomUUID()}`;
  const messageId = await action(client, "ImportFromPackage", {
    packageUrl: blob.BlobUrl,
    definitionGroupId: job.project,
    executionId,
    execute: true,
    overwrite: true,
    legalEntityId: job.company,
  });
  return { executionId, messageId };
}

async function putBlob(client: RisClient, url: string, content: Buffer): Promise<void> {
  const answer = await client.wire.send({
    method: "PUT",
    url,
    headers: {
      "x-ms-date": new Date().toUTCString(),
      "x-ms-blob-type": "BlockBlob",
      Overwrite: "T",
    },
    body: content,
  });
  requireSuccess(answer);
}

export interface ExecutionEnd {
  readonly status: string;
  readonly pageUrl: string;
  /** Files of error keys by entity. */
  readonly keyFiles: ReadonlyMap<string, Buffer>;
  /** Text of the list of errors; null when the execution succeeded. */
  readonly errors: string | null;
}

/** Job.ExecutionMonitor, for one status file, with all of its options. */
export async function executionMonitor(
  client: RisClient,
  { executionId, entities }: { executionId: string; entities: readonly string[] },
): Promise<ExecutionEnd> {
  const status = await pollUntil(
    () => action(client, "GetExecutionSummaryStatus", { executionId }),
    (answer) =>
      ["Succeeded", "Unknown", "PartiallySucceeded", "Failed", "Canceled"].includes(answer),
  );
  const pageUrl = await action(client, "GetExecutionSummaryPageUrl", { executionId });
  const keyFiles = new Map<string, Buffer>();
  if (status === "Succeeded") {
    return { status, pageUrl, keyFiles, errors: null };
  }
  for (const entityName of entities) {
    const names = { executionId, entityName };
    const hasFile = await action(client, "GenerateImportTargetErrorKeysFile", names);
    if (hasFile.toLowerCase() === "true") {
      const url = await pollUntil(
        () => action(client, "GetImportTargetErrorKeysFileUrl", names),
        (answer) => answer !== "",
      );
      keyFiles.set(
        entityName,
        requireSuccess(await client.wire.send({ method: "GET", url })).bytes,
      );
    }
  }
  const errors = await action(client, "GetExecutionErrors", { executionId });
  return { status, pageUrl, keyFiles, errors };
}

/** Job.Export. @returns the package */
export async function exportPackage(
  client: RisClient,
  job: { project: string; company: string },
): Promise<Buffer> {
  const executionId = `${job.project}-${randomUUID()}`;
  const ordered = await postJson(client, `${ACTIONS}ExportToPackage`, {
    definitionGroupId: job.project,
    packageName: executionId,
    executionId,
    reExecute: false,
    legalEntityId: job.company,
  });
  requireSuccess(ordered);
  const status = await pollUntil(
    () => action(client, "GetExecutionSummaryStatus", { executionId }),
    (answer) => !["NotRun", "Executing", "Bad request"].includes(answer),
  );
  if (status !== "Succeeded" && status !== "PartiallySucceeded") {
    throw new Error(`the export ended as ${status}`);
  }
  const url = await pollUntil(
    () => action(client, "GetExportedPackageUrl", { executionId }),
    (answer) => answer !== "",
  );
  return requireSuccess(await client.wire.send({ method: "GET", url })).bytes;
}
