import { Readable } from "node:stream";
import { beforeEach, describe, expect, test } from "vitest";
import type { ConnectorOf } from "../../src/domain/definitions/definitions.ts";
import { type IncomingFile, receiveFile } from "../../src/domain/submissions/receive-file.ts";
import { openUpload, receiveUpload } from "../../src/domain/submissions/receive-upload.ts";
import { type Sender, sender } from "../support/world/sender.ts";
import { makeWorld } from "../support/world/world.ts";

const COLUMNS = [{ name: "id", required: true }, { name: "price" }];
const TARGET = { kind: "postgres", connection: "db", table: "public.prices", mode: "insert" };
const ENTITIES = ["Prices", "Costs"].map((name) => ({ name, columns: COLUMNS, target: TARGET }));
const DEFINITION = { format: { kind: "csv" }, entities: ENTITIES };

const A = "id,price\r\nx,1\r\n";
const B = "id,price\r\nx,2\r\n";
const REFUSED = "id,price\r\nx,refused\r\n";
const MINUTE_MS = 60_000;

let world: Sender;

beforeEach(async () => {
  world = await sender(await makeWorld(), DEFINITION);
});

/** Sends a file by one request. @returns the submission's id */
async function send(content: string, changed: Partial<IncomingFile> = {}): Promise<string> {
  const input = await incoming(changed);
  return (await receiveFile(world.ports, input, Readable.from([Buffer.from(content)]))).submission
    .id;
}

async function incoming(changed: Partial<IncomingFile> = {}): Promise<IncomingFile> {
  const connectorId = world.unordered;
  const stored = await world.ports.definitions.find("connectors", connectorId);
  const connector = stored?.body as ConnectorOf<"import">;
  return {
    ...{ connectorId, connector, applicationId: connector.applications[0] ?? "" },
    ...{ entity: "Prices", company: null, externalId: "prices.csv", parentId: null },
    ...changed,
  };
}

async function importedPrices(): Promise<readonly string[]> {
  await world.settle();
  return world.target.rows.map((row) => row.replace(/^Prices: x,/, ""));
}

const stateOf = (id: string) => world.ask(world.unordered, id);

describe("a repetition is the same submission, and is imported once", () => {
  test("when its answer was lost", async () => {
    const first = await send(A);
    world.clock.advance(14 * MINUTE_MS);

    expect(await send(A)).toBe(first);

    expect(await importedPrices()).toEqual(["1"]);
    expect(await stateOf(first)).toMatchObject({ Repetitions: 1 });
  });

  test("also when it was processed meanwhile", async () => {
    const first = await send(A);
    await world.settle();

    expect(await send(A)).toBe(first);

    expect(await importedPrices()).toEqual(["1"]);
  });

  test("also when requests with another query came between", async () => {
    const first = await send(A, { company: "USMF" });
    const other = await send(B, { company: "DEMF" });

    expect(await send(A, { company: "USMF" })).toBe(first);
    expect(await send(B, { company: "DEMF" })).toBe(other);
  });

  test("of two or more at the same moment, one is new", async () => {
    const ids = await Promise.all(Array.from({ length: 6 }, () => send(A)));

    expect(new Set(ids).size).toBe(1);
    expect(await importedPrices()).toEqual(["1"]);
    expect(await stateOf(ids[0] ?? "")).toMatchObject({ Repetitions: 5 });
  });
});

describe("everything else is a new submission", () => {
  test("prices A, then B, then A under one name, within a minute", async () => {
    for (const content of [A, B, A]) {
      await send(content);
      await world.settle();
    }

    expect(await importedPrices()).toEqual(["1", "2", "1"]);
  });

  test("the same daily file on three days", async () => {
    for (let day = 0; day < 3; day++) {
      await send(A);
      await world.settle();
      world.clock.advance(24 * 60 * MINUTE_MS);
    }

    expect(await importedPrices()).toEqual(["1", "1", "1"]);
  });

  test("after fifteen minutes", async () => {
    const first = await send(A);
    world.clock.advance(15 * MINUTE_MS + 1);

    expect(await send(A)).not.toBe(first);
  });

  test("when rows were refused, also if nobody has asked", async () => {
    const first = await send(REFUSED);
    await world.settle();

    const second = await send(REFUSED);

    expect(second).not.toBe(first);
    await world.settle();
    expect((await stateOf(second)).DataJobStatus.DataJobState).toBe(6);
  });

  test("when the file could not be read", async () => {
    const first = await send("something,else\r\n1,2\r\n");
    await world.settle();

    expect(await send("something,else\r\n1,2\r\n")).not.toBe(first);
  });

  test("when a partner has asked for the state, whether it was processed or not", async () => {
    const first = await send(A);
    await stateOf(first);
    const second = await send(A);
    await world.settle();
    await stateOf(second);
    const third = await send(A);

    expect(new Set([first, second, third]).size).toBe(3);
    expect(await importedPrices()).toEqual(["1", "1", "1"]);
  });

  test("when the submission was named as the parent of another", async () => {
    const first = await send(A);
    await send(B, { externalId: "mended.csv", parentId: first });

    expect(await send(A)).not.toBe(first);
  });
});

describe("a request of its own is a new submission", () => {
  test.each([
    ["without an external id", { externalId: null }, { externalId: null }],
    ["under another external id", {}, { externalId: "other.csv" }],
    ["of another entity", {}, { entity: "Costs" }],
    ["of another company", { company: "USMF" }, { company: "DEMF" }],
  ])("%s", async (_, first, second) => {
    expect(await send(A, second)).not.toBe(await send(A, first));
  });

  test("where the connector says that there are no repetitions", async () => {
    const { connector } = await incoming();
    const changed = { connector: { ...connector, deduplicationSeconds: 0 } };

    expect(await send(A, changed)).not.toBe(await send(A, changed));
  });

  test("when the clock of the first ran ahead", async () => {
    world.clock.advance(24 * 60 * MINUTE_MS);
    const first = await send(A);
    world.clock.advance(-24 * 60 * MINUTE_MS);

    expect(await send(A)).not.toBe(first);
  });
});

describe("an upload", () => {
  async function put(uploadId: string, content: string): Promise<void> {
    const path = { container: "uploads", name: `${world.unordered}/${uploadId}` };
    await world.ports.files.write(path, Readable.from([Buffer.from(content)]), "text/csv");
  }

  async function uploaded(content: string): Promise<string> {
    const { uploadId } = await openUpload(world.ports, world.unordered);
    await put(uploadId, content);
    return uploadId;
  }

  async function enqueue(uploadId: string, changed: Partial<IncomingFile> = {}): Promise<string> {
    return (await receiveUpload(world.ports, await incoming(changed), uploadId)).submission.id;
  }

  const NAMELESS = { externalId: null };

  test("is one file: sent again, it is a repetition, however late and however it ended", async () => {
    const uploadId = await uploaded("something,else\r\n1,2\r\n");
    const first = await enqueue(uploadId, NAMELESS);
    await world.settle();
    world.clock.advance(60 * MINUTE_MS);

    expect(await enqueue(uploadId, NAMELESS)).toBe(first);
    expect(await stateOf(first)).toMatchObject({ Repetitions: 1 });
  });

  test("is not taken again when its partner knows the submission, and says why", async () => {
    const uploadId = await uploaded(A);
    const first = await enqueue(uploadId);
    await stateOf(first);

    await expect(enqueue(uploadId)).rejects.toMatchObject({
      code: "upload-not-found",
      message: expect.stringContaining(`it was received as submission "${first}"`),
    });
    await expect(enqueue(uploadId, { company: "DEMF" })).rejects.toMatchObject({
      code: "upload-not-found",
    });
  });

  test("is another file when another one was put at its address, and A, B, A are each imported", async () => {
    const uploadId = await uploaded(A);
    await enqueue(uploadId, NAMELESS);
    for (const content of [B, A]) {
      await put(uploadId, content);
      await enqueue(uploadId, NAMELESS);
    }

    expect(await importedPrices()).toEqual(["1", "2", "1"]);
  });

  test("under another upload's external id, with the same content, is a repetition", async () => {
    const first = await enqueue(await uploaded(A));

    expect(await enqueue(await uploaded(A))).toBe(first);
    expect(await send(A)).toBe(first);
    expect(await importedPrices()).toEqual(["1"]);
  });
});
