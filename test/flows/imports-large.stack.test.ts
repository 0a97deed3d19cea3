import type { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  killOnTheWay,
  openDatabase,
  openDoor,
  sendByBody,
  wrongInTable,
} from "../large/large-import.ts";
import { memoryReport, watchMemory, wrongWithMemory } from "../large/memory-watch.ts";
import { wideFile } from "../large/wide-rows.ts";
import { useLocalStack } from "../support/local-stack.ts";

const BYTES = 90_000_000;

// larger than a deployment takes unless it is told so
const local = useLocalStack({
  shop: true,
  settings: () => ({ FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: "104857600" }),
});
let database: Client;

beforeAll(async () => {
  database = await openDatabase(local.stack);
});

afterAll(async () => {
  await database.end();
});

test("a body of 90 MB, with the app killed in the middle, is in the table once, and memory stays flat", async () => {
  const { stack } = local;
  const door = await openDoor(stack, database, "large");
  const file = wideFile(BYTES);
  let done = 0;
  const memory = watchMemory({ pid: () => stack.app().pid, done: () => done });
  const submissionId = await sendByBody(stack, door, file.content);
  const facts = file.facts();

  const { message, kills } = await killOnTheWay({
    ...{ stack, database, submissionId, killAt: [0.5] },
    goodRows: facts.rows - facts.badRows,
    onProgress: (share) => {
      done = share;
    },
  });
  memory.stop();

  process.stdout.write(`${facts.bytes} bytes: ${memoryReport(memory.samples).join("; ")}\n`);
  expect(kills).toHaveLength(1);
  expect(message).toMatchObject({
    state: "processed-with-errors",
    result: {
      errors: facts.badRows,
      entities: [{ rows: facts.rows, invalidRows: facts.badRows, refusedRows: 0 }],
    },
  });
  expect(await wrongInTable(database, door, facts)).toEqual([]);
  expect(wrongWithMemory(memory.samples)).toEqual([]);
}, 240_000);
