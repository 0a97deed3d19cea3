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

/** Puts a package of one group into storage. @returns its address */
async function uploaded(id: string, caller = partner): Promise<string> {
  const { BlobUrl } = JSON.parse(await caller.value("GetAzureWriteUrl", { uniqueFileName: "x" }));
  const answer = await fetch(BlobUrl, {
    method: "PUT",
    headers: { "x-ms-blob-type": "BlockBlob" },
    body: new Uint8Array(await groupsPackage(`id,name\r\n${id},x\r\n`)),
  });
  expect(answer.status).toBe(201);
  return BlobUrl;
}

async function succeeded(executionId: string): Promise<void> {
  await eventually(async () => {
    const status = await partner.value("GetExecutionSummaryStatus", { executionId });
    expect(["NotRun", "Executing", "Succeeded"]).toContain(status);
    return status === "Succeeded" || null;
  });
}

async function receivedSubmissions(): Promise<number> {
  const path = `/api/connectors/${DOORS.packages}/submissions?limit=1000`;
  return (await world.local.call("operator", { path })).json().items.length;
}

test("an address to write to is one of ours for each call, for one file, and cannot be read", async () => {
  const values = [];
  for (let call = 0; call < 2; call++) {
    values.push(
      JSON.parse(
        await partner.value("GetAzureWriteUrl", {
          uniqueFileName: "00000000-0000-0000-0000-000000000000",
        }),
      ),
    );
  }
  const [first, second] = values;

  expect(first.BlobId).toMatch(/^\{[0-9A-F-]{36}\}$/);
  expect(new URL(first.BlobUrl).pathname).not.toBe(new URL(second.BlobUrl).pathname);
  const { searchParams } = new URL(first.BlobUrl);
  expect([searchParams.get("sr"), searchParams.get("sp")]).toEqual(["b", "cw"]);
  const address = await uploaded("w1");
  expect((await fetch(address)).status).toBe(403);
});

test("a package without an execution id gets one, and a repeated call is the same import", async () => {
  const packageUrl = await uploaded("m1");
  const request = { packageUrl, definitionGroupId: IMPORT_PROJECT.toUpperCase() };
  const before = await receivedSubmissions();

  const ids = await Promise.all(
    ["", null, undefined].map((executionId) =>
      partner.value("ImportFromPackageAsync", { ...request, executionId }),
    ),
  );

  expect(new Set(ids).size).toBe(1);
  expect(ids[0]).toMatch(GUID_REGEXP);
  await succeeded(ids[0]);
  expect(await receivedSubmissions()).toBe(before + 1);
});

test("a repeated import is told in the answer, and is another one as soon as its state was asked for", async () => {
  const packageUrl = await uploaded("m6");
  const request = { packageUrl, definitionGroupId: IMPORT_PROJECT };
  const send = async (changed: object = {}) => {
    const answer = await partner.act("ImportFromPackage", { ...request, ...changed });
    return { id: answer.json().value, of: answer.headers.get("waybill-repetition-of") };
  };
  const before = await receivedSubmissions();

  const [first, second] = [await send(), await send()];
  await succeeded(first.id);
  const third = await send();
  const forOther = await send({ legalEntityId: "DEMF" });

  expect([first.of, third.of, forOther.of]).toEqual([null, null, null]);
  expect(second).toEqual({ id: first.id, of: expect.stringMatching(GUID_REGEXP) });
  expect(new Set([first.id, third.id, forOther.id]).size).toBe(3);
  expect(await receivedSubmissions()).toBe(before + 3);
});

test("what was put at an upload's address anew is not a repetition, and is refused under a taken execution id", async () => {
  const packageUrl = await uploaded("m7");
  const named = { ...{ packageUrl, definitionGroupId: IMPORT_PROJECT }, executionId: randomUUID() };
  const nameless = { packageUrl, definitionGroupId: IMPORT_PROJECT };
  const put = async (id: string) =>
    fetch(packageUrl, {
      method: "PUT",
      headers: { "x-ms-blob-type": "BlockBlob" },
      body: new Uint8Array(await groupsPackage(`id,name\r\n${id},x\r\n`)),
    });
  await partner.value("ImportFromPackage", named);
  const ids = [await partner.value("ImportFromPackage", nameless)];
  await put("m8");

  const taken = await partner.act("ImportFromPackage", named);
  ids.push(await partner.value("ImportFromPackage", nameless));
  await put("m7");
  ids.push(await partner.value("ImportFromPackage", nameless));

  expect([taken.status, taken.json().error.innererror.message]).toEqual([
    400,
    expect.stringContaining("another package was imported under it"),
  ]);
  expect(new Set(ids).size).toBe(3);
});

test("the same package under another execution id is another import, and each id stays known", async () => {
  const packageUrl = await uploaded("m2");
  const request = { packageUrl, definitionGroupId: "group-packages" };
  const ids = [`{"first}-${randomUUID()}`, `second ' ${randomUUID()}`];

  for (const executionId of ids) {
    expect(await partner.value("ImportFromPackage", { ...request, executionId })).toBe(executionId);
  }

  for (const executionId of ids) {
    await succeeded(executionId);
    await succeeded(`"${executionId}"`);
  }
});

test("an execution id that another package was imported under is refused, and nothing is imported", async () => {
  const request = { definitionGroupId: IMPORT_PROJECT, executionId: `taken-${randomUUID()}` };
  const first = { ...request, packageUrl: await uploaded("m3") };
  await partner.value("ImportFromPackage", first);
  await partner.value("ImportFromPackage", first);
  const before = await receivedSubmissions();

  const answer = await partner.act("ImportFromPackage", {
    ...request,
    packageUrl: await uploaded("m4"),
  });

  expect(answer.status).toBe(400);
  expect(answer.json().error.innererror.message).toContain("another package was imported under it");
  expect(await receivedSubmissions()).toBe(before);
});

test("message id, execution id and the partner's own id lead to the same import", async () => {
  const executionId = `Job-${randomUUID()}`;
  await partner.value("ImportFromPackage", {
    ...{ packageUrl: await uploaded("m5"), definitionGroupId: IMPORT_PROJECT, executionId },
  });
  const [message] = (
    await world.local.call("operator", {
      path: `/api/connectors/${DOORS.packages}/submissions?limit=1`,
    })
  ).json().items;

  expect(await partner.value("GetExecutionIdByMessageId", { _messageId: message.id })).toBe(
    executionId,
  );
  await succeeded(message.id);
  await succeeded(message.executionId);
  expect(await partner.value("GetMessageStatus", { messageId: executionId })).toBe("Processed");
  const [summary] = await partner.value("GetEntityExecutionSummaryStatusList", { executionId });
  expect(JSON.parse(summary)).toEqual({
    ...{ EntityName: ENTITY, Status: "Finished", Records: 1, Errors: 0, Message: "" },
  });
  const foreign = await other.act("GetExecutionSummaryStatus", { executionId });
  expect(foreign.status).toBe(403);
});

const FOREIGN: Record<string, (own: string) => string | Promise<string>> = {
  "another host": (own) => own.replace(/\/\/[^/]+/, "//169.254.169.254"),
  "a user before the host": (own) => own.replace("//", "//waybill@"),
  "another container": (own) => own.replace("/uploads/", "/inbox/"),
  "a path that climbs": (own) => own.replace("/uploads/", "/uploads/../uploads/x/../../inbox/"),
  "an encoded path that climbs": (own) => own.replace("/applications/", "/%2e%2e/applications/"),
  "another name": (own) => own.replace(/[0-9a-f]{12}\?/, "000000000000?"),
  "a file URL": () => "file:///etc/passwd",
  "no URL": () => "x",
  nothing: () => "",
};

test.each(Object.entries(FOREIGN))("a package is not taken from %s", async (_, change) => {
  const before = await receivedSubmissions();

  const answer = await partner.act("ImportFromPackage", {
    packageUrl: await change(await uploaded("f1")),
    definitionGroupId: IMPORT_PROJECT,
  });

  expect(answer.status).toBe(400);
  expect(answer.json().error.innererror.message).toContain("nothing was uploaded to this address");
  expect(await receivedSubmissions()).toBe(before);
});

test("a package that another application has uploaded is not taken", async () => {
  const id = randomUUID();
  await world.local.define(`connectors/${id}`, {
    ...{ name: "Other", direction: "import", content: "package", import: "group-packages" },
    applications: [world.local.stack.file.clients["partner-b"].id],
  });
  const packageUrl = await uploaded("f2", other);

  const answer = await partner.act("ImportFromPackage", {
    packageUrl,
    definitionGroupId: IMPORT_PROJECT,
  });

  expect(answer.status).toBe(400);
  expect(
    (await other.act("ImportFromPackage", { packageUrl, definitionGroupId: "other" })).status,
  ).toBe(200);
});

test("a package is not imported where there is no such project", async () => {
  const packageUrl = await uploaded("f3");

  for (const request of [
    { packageUrl, definitionGroupId: "no such project" },
    // takes files, not packages
    { packageUrl, definitionGroupId: "groups" },
  ]) {
    expect((await partner.act("ImportFromPackage", request)).status).toBe(400);
  }
});

test("jobstatus takes its parameter in any case, and ids in quotes and braces; its dates are never null", async () => {
  const executionId = await partner.value("ImportFromPackage", {
    ...{ packageUrl: await uploaded("j1"), definitionGroupId: IMPORT_PROJECT },
  });
  const answers = [];

  for (const query of [
    `jobId=${executionId}`,
    `JOBID=%22${executionId}%22`,
    `jobid={${executionId.toUpperCase()}}`,
  ]) {
    const path = `/en/api/connector/jobstatus/${DOORS.packages}?${query}`;
    answers.push(await world.local.call("partner-a", { path }));
  }

  for (const answer of answers) {
    expect(answer.status).toBe(200);
    const { DataJobStatus } = answer.json();
    expect(DataJobStatus.ExecutionIdentifier).toBe(executionId);
    expect(Date.parse(DataJobStatus.DataJobStartedDateTime)).not.toBeNaN();
    expect(Date.parse(DataJobStatus.DataJobCompletedDateTime)).not.toBeNaN();
  }
});

test("jobstatus knows no message of another connector, and none without an id", async () => {
  const executionId = await partner.value("ImportFromPackage", {
    ...{ packageUrl: await uploaded("j2"), definitionGroupId: IMPORT_PROJECT },
  });

  for (const [door, query, status] of [
    [DOORS.files, `?jobId=${executionId}`, 404],
    [DOORS.packages, `?jobId=${randomUUID()}`, 404],
    [DOORS.packages, "", 404],
    [DOORS.pull, `?jobId=${executionId}`, 400],
    [randomUUID(), `?jobId=${executionId}`, 404],
  ] as const) {
    const path = `/api/connector/jobstatus/${door}${query}`;
    expect((await world.local.call("partner-a", { path })).status).toBe(status);
  }
});

test("GetMessageStatus knows the files that wait at a connector too", async () => {
  await world.publish("waiting");
  const { items } = (
    await world.local.call("operator", { path: `/api/connectors/${DOORS.pull}/deliveries` })
  ).json();
  const messageId = items[0].id ?? items[0].messageId;
  const statusNow = () => partner.value("GetMessageStatus", { messageId: `{${messageId}}` });

  expect(await statusNow()).toBe("Enqueued");
  const taken = await world.local.call("partner-a", {
    path: `/api/connector/dequeue/${DOORS.pull}`,
  });
  expect(await statusNow()).toBe("Dequeued");
  await world.local.call("partner-a", {
    ...{ method: "POST", path: `/api/connector/ack/${DOORS.pull}`, body: taken.json() },
  });
  expect(await statusNow()).toBe("Acked");
});
