import { afterAll, beforeAll, expect, test } from "vitest";
import type { ClientName } from "../../infra/local/token-issuer-clients.ts";
import { entriesOf } from "../support/zip.ts";
import {
  DOORS,
  ENTITY,
  EXPORT_PROJECT,
  groupsPackage,
  IMPORT_PROJECT,
  usePartnerWorld,
} from "./partner-world.ts";
import type { RisClient } from "./ris/client.ts";
import { download, processingMonitor, upload, validateConnection } from "./ris/connector-jobs.ts";
import { executionMonitor, exportPackage, importPackage } from "./ris/package-jobs.ts";
import { dotNetWire, type Wire } from "./ris/wire.ts";

const world = usePartnerWorld();
let wire: Wire;

beforeAll(() => {
  wire = dotNetWire();
});

afterAll(() => {
  wire.close();
});

async function ris(client: ClientName = "partner-a", path = ""): Promise<RisClient> {
  return {
    wire,
    aosUri: `${world.local.stack.file.app}${path}`,
    token: await world.local.stack.token(client),
    rewrite: world.rewrite,
  };
}

/** The group as it is in the database, as `name company`. */
async function groups(like: string): Promise<string[]> {
  const { rows } = await world.database.query(
    "select id, name, company from public.groups where id like $1 order by id",
    [like],
  );
  return rows.map(({ id, name, company }) => `${id} ${name} ${company}`);
}

test("Validate: the server is there, access is OK for a known application and not mapped for any other", async () => {
  expect(await validateConnection(await ris())).toEqual({ aos: 200, access: "OK" });
  expect(await validateConnection(await ris("stranger"))).toEqual({
    aos: 200,
    access: "not mapped",
  });
});

test("Upload and ProcessingMonitor: a file with a company and an entity that is not ASCII is processed", async () => {
  const client = await ris();
  const content = Buffer.from("id,name\r\nu1,Grønland\r\nu2,Føroyar\r\n");

  const messageId = await upload(client, {
    ...{ activityId: DOORS.files, name: "groups 1.csv", content },
    ...{ company: "USMF", entity: ENTITY },
  });
  const end = await processingMonitor(client, { activityId: DOORS.files, messageId });

  expect(messageId).toMatch(/^"[0-9a-f-]{36}"$/);
  expect(end.state).toBe(5);
  const answer = JSON.parse(end.raw);
  expect(answer).toEqual({
    DataJobStatus: {
      DataProject: "groups",
      DataJobIdentifier: JSON.parse(messageId),
      ExternalIdentifier: "groups 1.csv",
      ExecutionIdentifier: expect.stringMatching(/^[0-9a-f-]{36}$/),
      DataJobStartedDateTime: expect.stringMatching(/^20.*Z$/),
      DataJobCompletedDateTime: expect.stringMatching(/^20.*Z$/),
      DataJobState: 5,
    },
    ExecutionLog: "",
    ExecutionDetail: [
      {
        ...{ EntityName: ENTITY, Company: "USMF" },
        ...{ StagingRecords: 2, StagingStatus: 4, StagingErrorCount: 0 },
        ...{ TargetRecords: 2, TargetStatus: 4, TargetErrorCount: 0 },
        ExecutionStartedDateTime: expect.stringMatching(/^20.*Z$/),
        ExecutionCompletedDateTime: expect.stringMatching(/^20.*Z$/),
      },
    ],
  });
  expect(await groups("u%")).toEqual(["u1 Grønland USMF", "u2 Føroyar USMF"]);
});

test("Upload: the same file sent again, because the answer was lost, is one message", async () => {
  const client = await ris();
  const file = {
    ...{ activityId: DOORS.files, name: "again.csv", entity: ENTITY },
    content: Buffer.from("id,name\r\na1,x\r\n"),
  };

  expect(await upload(client, file)).toBe(await upload(client, file));
});

test("Upload and ProcessingMonitor: prices A, B and A again under one file name are each imported", async () => {
  const client = await ris();

  const names: string[] = [];
  for (const name of ["A", "B", "A"]) {
    const content = Buffer.from(`id,name\r\nr1,${name}\r\n`);
    const file = { activityId: DOORS.files, name: "prices.csv", entity: ENTITY, content };
    const messageId = await upload(client, file);
    await processingMonitor(client, { activityId: DOORS.files, messageId });
    names.push(...(await groups("r1")));
  }

  expect(names).toEqual(["r1 A null", "r1 B null", "r1 A null"]);
});

test("Upload: prices A, B and A again are each imported, though nobody asks what became of them", async () => {
  const client = await ris();
  const send = (name: string) =>
    upload(client, {
      ...{ activityId: DOORS.files, name: "unwatched.csv", entity: ENTITY },
      content: Buffer.from(`id,name\r\nr2,${name}\r\n`),
    });

  const ids = [await send("A"), await send("B"), await send("A")];

  expect(new Set(ids).size).toBe(3);
});

test("Upload and ProcessingMonitor: a file whose rows were refused is imported when it is sent again", async () => {
  const client = await ris();
  const file = {
    ...{ activityId: DOORS.files, name: "refused.csv", entity: ENTITY },
    content: Buffer.from("id,name\r\nm1,ok\r\n,bad\r\n"),
  };
  const first = await upload(client, file);
  await processingMonitor(client, { activityId: DOORS.files, messageId: first });
  await world.database.query("delete from public.groups where id = 'm1'");

  const second = await upload(client, file);
  const end = await processingMonitor(client, { activityId: DOORS.files, messageId: second });

  expect(second).not.toBe(first);
  expect(end.state).toBe(6);
  expect(await groups("m1")).toEqual(["m1 ok null"]);
});

test("Upload and ProcessingMonitor: a file with bad rows ends with errors, which are listed by the message id in its quotes", async () => {
  const client = await ris();
  const content = Buffer.from("id,name\r\ne1,good\r\n,bad\r\ne2,\r\n");

  const messageId = await upload(client, {
    ...{ activityId: DOORS.files, name: "bad.csv", content, entity: ENTITY },
  });
  const end = await processingMonitor(client, { activityId: DOORS.files, messageId });

  expect(end.state).toBe(6);
  const errors = JSON.parse(JSON.parse(end.errors ?? "").value);
  expect(errors).toEqual([
    { RecordId: "2", Field: "id", ErrorMessage: expect.stringContaining("must have a value") },
    { RecordId: "3", Field: "name", ErrorMessage: expect.any(String) },
  ]);
});

test("Upload and ProcessingMonitor: a file that is nothing of the kind ends in an error, not in endless polling", async () => {
  const client = await ris();

  const messageId = await upload(client, {
    ...{ activityId: DOORS.files, name: "wrong.csv", entity: ENTITY },
    content: Buffer.from("nothing,of,the,kind\r\n1,2,3,4\r\n"),
  });
  const end = await processingMonitor(client, { activityId: DOORS.files, messageId });

  expect([7, 8]).toContain(end.state);
  expect(JSON.parse(JSON.parse(end.errors ?? "").value)).not.toEqual([]);
});

test("Upload and ProcessingMonitor: a data package, without an entity, is processed", async () => {
  const client = await ris();
  const content = await groupsPackage("id,name\r\np1,packed\r\n");

  const messageId = await upload(client, {
    ...{ activityId: DOORS.packages, name: "groups.zip", content },
  });
  const end = await processingMonitor(client, { activityId: DOORS.packages, messageId });

  expect(end.state).toBe(5);
  expect(await groups("p%")).toEqual(["p1 packed null"]);
});

test("Download: everything is dequeued first, then each file is fetched byte for byte and acknowledged", async () => {
  const client = await ris();
  const published = [
    await world.publish("n1"),
    await world.publish("n2"),
    await world.publish("n3"),
  ];

  const files = await download(client, DOORS.pull);

  const inOrder = (buffers: readonly Buffer[]) =>
    buffers.map((each) => each.toString("hex")).sort();
  expect(inOrder(files)).toEqual(inOrder(published));
  expect(await download(client, DOORS.pull)).toEqual([]);
});

test("Import and ExecutionMonitor: a package goes to our storage, is imported, and succeeds", async () => {
  const client = await ris();
  const content = await groupsPackage("id,name\r\ni1,imported\r\n");

  const job = await importPackage(client, { project: IMPORT_PROJECT, content, company: "DEMF" });
  const end = await executionMonitor(client, { ...job, entities: [ENTITY] });

  expect(job.messageId).toBe(job.executionId);
  expect(end).toMatchObject({ status: "Succeeded", errors: null });
  expect(end.pageUrl).toMatch(/^https:\/\/waybill\.example\//);
  expect(await groups("i%")).toEqual(["i1 imported DEMF"]);
});

test("Import and ExecutionMonitor: of a package with bad rows, the good ones are in and the bad ones come back as a file", async () => {
  const client = await ris();
  const content = await groupsPackage("id,name\r\nk1,good\r\nmuch too long an id,bad\r\n");

  const job = await importPackage(client, { project: "group-packages", content, company: "USMF" });
  const end = await executionMonitor(client, {
    ...job,
    entities: [ENTITY.replace("groups", "GROUPS")],
  });

  expect(end.status).toBe("PartiallySucceeded");
  expect(await groups("k%")).toEqual(["k1 good USMF"]);
  const [file] = end.keyFiles.values();
  expect(file?.toString("utf8")).toContain("much too long an id,bad");
  expect(JSON.parse(end.errors ?? "")).toEqual([
    {
      ...{ RecordId: "2", Field: "id" },
      ErrorMessage: expect.stringContaining("longer than 10 characters"),
    },
  ]);
});

test("Import: a second package, and the same file name for all, is an import of its own", async () => {
  const client = await ris();

  for (const id of ["s1", "s2"]) {
    const content = await groupsPackage(`id,name\r\n${id},x\r\n`);
    const job = await importPackage(client, { project: IMPORT_PROJECT, content, company: "" });
    const { status } = await executionMonitor(client, { ...job, entities: [ENTITY] });
    expect(status).toBe("Succeeded");
  }

  expect(await groups("s%")).toEqual(["s1 x null", "s2 x null"]);
});

test("Export: a package is ordered under a path prefix, polled for, and fetched without a token", async () => {
  const client = await ris("partner-a", "/namespaces/AXSF");
  await world.database.query("insert into public.news values ('x1') on conflict do nothing");

  const archive = await exportPackage(client, { project: EXPORT_PROJECT, company: "USMF" });

  const entries = await entriesOf(archive);
  expect([...entries.keys()]).toEqual(["News.csv", "Manifest.xml", "PackageHeader.xml"]);
  const { rows } = await world.database.query("select id from public.news");
  const lines = (entries.get("News.csv") ?? "").split("\r\n").filter(Boolean);
  expect(lines.slice(1).sort()).toEqual(rows.map(({ id }) => id).sort());
});
