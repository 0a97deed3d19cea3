import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import {
  DOORS,
  ENTITY,
  groupsPackage,
  IMPORT_PROJECT,
  usePartnerWorld,
} from "../clients/partner-world.ts";
import { eventually } from "../support/local-stack.ts";
import { actionCaller, GUID_REGEXP } from "../support/package-api.ts";

const world = usePartnerWorld();
const partner = actionCaller(world.local, "partner-a");
const other = actionCaller(world.local, "partner-b");

/** Puts a package with these groups, or this package, into storage. @returns its address */
async function uploaded(content: string | Buffer, caller = partner): Promise<string> {
  const { BlobUrl } = JSON.parse(await caller.value("GetAzureWriteUrl", { uniqueFileName: "x" }));
  const answer = await fetch(BlobUrl, {
    method: "PUT",
    headers: { "x-ms-blob-type": "BlockBlob" },
    body: new Uint8Array(
      typeof content === "string" ? await groupsPackage(`id,name\r\n${content}`) : content,
    ),
  });
  expect(answer.status).toBe(201);
  return BlobUrl;
}

interface Asked {
  readonly packageUrl: string;
  readonly executionId?: string;
  readonly execute?: boolean;
  readonly overwrite?: boolean;
  readonly failOnError?: boolean;
  readonly legalEntityId?: string;
}

/** @returns the execution id */
function ask(request: Asked): Promise<string> {
  return partner.value("ImportFromPackage", { definitionGroupId: IMPORT_PROJECT, ...request });
}

async function refusal(request: Asked): Promise<string> {
  const body = { definitionGroupId: IMPORT_PROJECT, ...request };
  const answer = await partner.act("ImportFromPackage", body);
  expect(answer.status).toBe(400);
  return answer.json().error.innererror.message;
}

/** The end in all three vocabularies, and the entity's summary. */
async function endOf(executionId: string) {
  const execution = await eventually(async () => {
    const status = await partner.value("GetExecutionSummaryStatus", { executionId });
    return ["NotRun", "Executing"].includes(status) ? null : status;
  });
  const path = `/api/connector/jobstatus/${DOORS.packages}?jobId=${encodeURIComponent(executionId)}`;
  const job = (await world.local.call("partner-a", { path })).json();
  const [summary] = await partner.value("GetEntityExecutionSummaryStatusList", { executionId });
  return {
    words: [
      execution,
      await partner.value("GetMessageStatus", { messageId: executionId }),
      job.DataJobStatus.DataJobState,
    ],
    job,
    entity: summary === undefined ? null : JSON.parse(summary),
    errors: JSON.parse(await partner.value("GetExecutionErrors", { executionId })),
  };
}

/** The groups in the target whose ids begin like this, as `id: name, company`. */
async function groupsLike(prefix: string): Promise<string[]> {
  const { rows } = await world.database.query(
    "select id, name, company from public.groups where id like $1 order by id",
    [`${prefix}%`],
  );
  return rows.map(({ id, name, company }) => `${id}: ${name}, ${company}`);
}

const CHECKED = { EntityName: ENTITY, Status: "NotRun", Errors: 0 };

test("a check says what an import would find, with the bad rows, and writes nothing", async () => {
  const executionId = await ask({
    packageUrl: await uploaded("a1,x\r\na2-is-much-too-long,y\r\na3,z\r\n"),
    execute: false,
  });

  const { words, job, entity, errors } = await endOf(executionId);

  expect(words).toEqual(["PartiallySucceeded", "ProcessedWithErrors", 6]);
  expect(entity).toEqual({
    ...{ ...CHECKED, Records: 3, Errors: 1 },
    Message: "checked only: nothing was written to the target",
  });
  expect(job.ExecutionLog).toContain("checked only");
  expect(job.ExecutionDetail).toMatchObject([
    {
      StagingRecords: 3,
      StagingStatus: 4,
      StagingErrorCount: 1,
      TargetRecords: 0,
      TargetStatus: 6,
    },
  ]);
  expect(errors).toEqual([expect.objectContaining({ RecordId: "2", Field: "id" })]);
  const names = { executionId, entityName: ENTITY };
  expect(await partner.value("GenerateImportTargetErrorKeysFile", names)).toBe(true);
  const file = await fetch(await partner.value("GetImportStagingErrorFileUrl", names));
  expect(await file.text()).toContain("a2-is-much-too-long,y");
  expect(await groupsLike("a")).toEqual([]);
});

test("a package without errors passes its check, and the same request executes it under the same id", async () => {
  const request = {
    ...{ packageUrl: await uploaded("b1,x\r\n"), executionId: `Checked ${randomUUID()}` },
    legalEntityId: "USMF",
  };

  expect(await ask({ ...request, execute: false })).toBe(request.executionId);
  const checked = await endOf(request.executionId);
  expect(checked.words).toEqual(["Succeeded", "Processed", 5]);
  expect(checked.entity).toMatchObject(CHECKED);
  expect(await groupsLike("b")).toEqual([]);

  expect(await ask({ ...request, execute: true })).toBe(request.executionId);
  await eventually(async () => ((await groupsLike("b")).length > 0 ? true : null));
  const executed = await endOf(request.executionId);
  expect(executed.words).toEqual(["Succeeded", "Processed", 5]);
  expect(executed.entity).toMatchObject({ Status: "Finished", Records: 1, Message: "" });
  expect(await groupsLike("b")).toEqual(["b1: x, USMF"]);
});

test("a package that is none fails its check", async () => {
  const content = Buffer.from(await groupsPackage("id,name\r\nc1,x\r\n"));
  content.write("Nanifest.xml", content.indexOf("Manifest.xml"));
  content.write("Nanifest.xml", content.lastIndexOf("Manifest.xml"));

  const { words, errors } = await endOf(
    await ask({ packageUrl: await uploaded(content), execute: false }),
  );

  expect(words).toEqual(["Failed", "PreProcessingError", 8]);
  expect(errors[0].ErrorMessage).toContain("it has no Manifest.xml");
});

test("what was checked without an id of the client's own is executed by the id that it was given", async () => {
  const packageUrl = await uploaded("d1,x\r\n");
  const executionId = await ask({ packageUrl, execute: false });
  expect(executionId).toMatch(GUID_REGEXP);
  await endOf(executionId);

  expect(await ask({ packageUrl, executionId: `{${executionId.toUpperCase()}}` })).toBe(
    executionId,
  );

  await eventually(async () => ((await groupsLike("d")).length > 0 ? true : null));
  const path = `/api/submissions/${executionId}`;
  const { id } = (await world.local.call("operator", { path })).json();
  expect(await ask({ packageUrl, executionId: id })).toBe(id);
});

test("what is still being checked, or waits for it, is executed when that is asked for", async () => {
  const request = { packageUrl: await uploaded("e1,x\r\n"), executionId: randomUUID() };

  await Promise.all([false, true, false, true].map((execute) => ask({ ...request, execute })));

  await eventually(async () => ((await groupsLike("e")).length > 0 ? true : null));
  expect((await endOf(request.executionId)).entity).toMatchObject({ Status: "Finished" });
});

test("an import is not taken back by a request to check, and is not repeated", async () => {
  const request = { packageUrl: await uploaded("f1,x\r\n"), executionId: randomUUID() };
  await ask(request);
  const { job: before } = await endOf(request.executionId);

  for (const execute of [false, true]) {
    expect(await ask({ ...request, execute })).toBe(request.executionId);
  }

  expect((await endOf(request.executionId)).job).toEqual({ ...before, Repetitions: 2 });
  expect(before.ExecutionDetail).toMatchObject([{ TargetRecords: 1, TargetStatus: 4 }]);
});

test("an import that has failed, or ended with errors, is run again when it is asked for again", async () => {
  const request = {
    ...{ packageUrl: await uploaded("h1,x\r\nh2-is-much-too-long,x\r\n") },
    ...{ executionId: `Again ${randomUUID()}`, legalEntityId: "USMF" },
  };
  await ask(request);
  expect((await endOf(request.executionId)).words[0]).toBe("PartiallySucceeded");
  await world.database.query("delete from public.groups where id = 'h1'");

  expect(await ask(request)).toBe(request.executionId);

  await eventually(async () => ((await groupsLike("h")).length > 0 ? true : null));
  const { words, job } = await endOf(request.executionId);
  expect(words[0]).toBe("PartiallySucceeded");
  expect(job).not.toHaveProperty("Repetitions");
  expect(await refusal({ ...request, legalEntityId: "DEMF" })).toContain(
    "another package was imported under it",
  );
});

test("another package takes the place of one that was checked, when it may overwrite it", async () => {
  const executionId = randomUUID();
  const first = { packageUrl: await uploaded("g1-is-much-too-long,x\r\n"), executionId };
  await ask({ ...first, execute: false });
  expect((await endOf(executionId)).entity).toMatchObject({ Errors: 1 });
  const mended = { packageUrl: await uploaded("g1,x\r\n"), executionId };

  expect(await refusal({ ...mended, overwrite: false })).toContain(
    "another package was checked under it",
  );
  await ask({ ...mended, overwrite: true, execute: false });
  await eventually(async () => ((await endOf(executionId)).entity?.Errors === 0 ? true : null));
  expect(await refusal({ ...first, overwrite: false })).toContain("checked under it");
  await ask({ ...mended, overwrite: false });

  await eventually(async () => ((await groupsLike("g")).length > 0 ? true : null));
  await endOf(executionId);
  expect(await groupsLike("g")).toEqual(["g1: x, null"]);
  expect(await refusal({ ...first, overwrite: true })).toContain(
    "another package was imported under it",
  );
});

test("what one application has had checked, another at the same connector sees and does not overwrite", async () => {
  const { clients } = world.local.stack.file;
  await world.local.define(`connectors/${randomUUID()}`, {
    ...{ name: "Shared", direction: "import", content: "package", import: "group-packages" },
    applications: [clients["partner-a"].id, clients["partner-b"].id],
  });
  const request = { definitionGroupId: "Shared", executionId: randomUUID(), execute: false };
  const packageUrl = await uploaded("k1,x\r\n");
  await partner.value("ImportFromPackage", { ...request, packageUrl });

  const answer = await other.act("ImportFromPackage", {
    ...{ ...request, packageUrl: await uploaded("k2,x\r\n", other), overwrite: true },
  });

  expect(answer.status).toBe(400);
  expect(answer.json().error.innererror.message).toContain("only its application can replace");
  expect((await other.act("GetExecutionSummaryStatus", request)).status).toBe(200);
});

test.each([
  [true, [], "row 2 is bad, and the import stops at the first bad row"],
  [false, ["h1: x, null", "h3: z, null"], ""],
  [undefined, ["h1: x, null", "h3: z, null"], ""],
])("with failOnError %s a bad row leaves %j", async (failOnError, kept, because) => {
  await world.database.query("delete from public.groups where id like 'h%'");
  const packageUrl = await uploaded("h1,x\r\nh2-is-much-too-long,y\r\nh3,z\r\n");

  const { words, entity } = await endOf(
    await ask({ packageUrl, ...(failOnError === undefined ? {} : { failOnError }) }),
  );

  expect(words).toEqual(["PartiallySucceeded", "ProcessedWithErrors", 6]);
  expect(entity.Message).toContain(because);
  expect(await groupsLike("h")).toEqual(kept);
});

test("operators see that a package was sent to be checked", async () => {
  const executionId = await ask({ packageUrl: await uploaded("i1,x\r\n"), execute: false });
  await endOf(executionId);

  const path = `/api/submissions/${executionId}`;
  const message = (await world.local.call("operator", { path })).json();

  expect(message).toMatchObject({ checkOnly: true, result: { validateOnly: true } });
  expect(message).not.toHaveProperty("options");
});
