import { expect, test } from "vitest";
import { deleteInboundFiles } from "../../../src/domain/retention/delete-inbound-files.ts";
import { requeued, withoutFile } from "../../../src/domain/submissions/inbound-message.ts";
import {
  ACTIVITY_ID,
  DAY_MS,
  fail,
  handIn,
  importConnector,
  makeSweep,
  NEVER,
  NOW,
} from "./sweep.ts";

test.each([
  [undefined, 7],
  [1, 1],
  [30, 30],
])(
  "a connector with %s retention days keeps a file %d days after its import has ended",
  async (retentionDays, days) => {
    const sweep = makeSweep({ [`connectors/${ACTIVITY_ID}`]: importConnector({ retentionDays }) });
    const message = handIn(sweep);
    sweep.clock.advance(2 * DAY_MS);
    fail(sweep, message);

    sweep.clock.advance(days * DAY_MS - 1);
    expect(await deleteInboundFiles(sweep.ports, NEVER)).toBe(0);
    expect(sweep.names()).toHaveLength(1);
    sweep.clock.advance(1);
    expect(await deleteInboundFiles(sweep.ports, NEVER)).toBe(1);

    expect(sweep.names()).toEqual([]);
    expect(sweep.messages).toMatchObject([
      { id: message.id, state: "preprocessing-failed", fileDeletedAt: sweep.clock.now() },
    ]);
    expect(sweep.logged).toEqual(["inbound-file-deleted"]);
  },
);

test("a connector that was deleted keeps files for seven days", async () => {
  const sweep = makeSweep();
  fail(sweep, handIn(sweep));

  sweep.clock.advance(7 * DAY_MS - 1);
  expect(await deleteInboundFiles(sweep.ports, NEVER)).toBe(0);
  sweep.clock.advance(1);
  expect(await deleteInboundFiles(sweep.ports, NEVER)).toBe(1);
});

test("a connector that was deleted keeps files for as long as it said when they came", async () => {
  const sweep = makeSweep();
  const message = { ...handIn(sweep), retentionDays: 30 };
  sweep.messages = [message];
  fail(sweep, message);

  sweep.clock.advance(30 * DAY_MS - 1);
  expect(await deleteInboundFiles(sweep.ports, NEVER)).toBe(0);
  sweep.clock.advance(1);
  expect(await deleteInboundFiles(sweep.ports, NEVER)).toBe(1);
});

test("a file whose import has not ended is kept whatever its age, and reported", async () => {
  const sweep = makeSweep();
  handIn(sweep);

  sweep.clock.advance(7 * DAY_MS - 1);
  await deleteInboundFiles(sweep.ports, NEVER);
  expect(sweep.logged).toEqual([]);
  sweep.clock.advance(1_000 * DAY_MS);
  await deleteInboundFiles(sweep.ports, NEVER);

  expect(sweep.logged).toEqual(["file-overdue"]);
  expect(sweep.names()).toHaveLength(1);
});

test("a message that was sent back to work in the last moment keeps its file", async () => {
  const sweep = makeSweep();
  const message = fail(sweep, handIn(sweep));
  sweep.clock.advance(8 * DAY_MS);
  const again = requeued(message, { executionId: message.id, now: sweep.clock.now() });
  const { find } = sweep.ports.inbox;
  sweep.ports.inbox.find = async (id) => {
    const found = await find(id);
    sweep.messages = [again];
    return found;
  };

  expect(await deleteInboundFiles(sweep.ports, NEVER)).toBe(0);

  expect(sweep.names()).toHaveLength(1);
  expect(sweep.messages).toEqual([again]);
});

test("what a dead sweep left of a message that gave its file up is deleted, whatever the time is by now", async () => {
  const sweep = makeSweep({
    [`connectors/${ACTIVITY_ID}`]: importConnector({ retentionDays: 3_650 }),
  });
  const message = fail(sweep, handIn(sweep));
  sweep.messages = [withoutFile(message, NOW)];
  sweep.clock.advance(DAY_MS);

  expect(await deleteInboundFiles(sweep.ports, NEVER)).toBe(1);

  expect(sweep.names()).toEqual([]);
  expect(sweep.messages[0]?.fileDeletedAt).toEqual(NOW);
});

test("a file that no message knows is deleted a day after its time; another message's is not touched", async () => {
  const sweep = makeSweep();
  const { id } = handIn(sweep);
  const ofNobody = "019ca8d7-2d00-79b5-9fb0-a0e114a2a3b2";
  sweep.put({ container: "inbox", name: `${ACTIVITY_ID}/${ofNobody}/x` });
  sweep.put({ container: "import-errors", name: `${ACTIVITY_ID}/${id}/x/list` });

  sweep.clock.advance(8 * DAY_MS - 1);
  expect(await deleteInboundFiles(sweep.ports, NEVER)).toBe(0);
  sweep.clock.advance(1);
  expect(await deleteInboundFiles(sweep.ports, NEVER)).toBe(2);

  expect(sweep.names()).toEqual([sweep.messages[0]?.file.path.name]);
});

test("what an attempt under way has written is kept", async () => {
  const sweep = makeSweep();
  const message = handIn(sweep);
  const path = { container: "import-errors", name: `${ACTIVITY_ID}/${message.id}/x/list` };
  sweep.put(path);
  sweep.messages = [{ ...message, written: [path] }];
  sweep.clock.advance(100 * DAY_MS);

  expect(await deleteInboundFiles(sweep.ports, NEVER)).toBe(0);

  expect(sweep.names()).toHaveLength(2);
});

test("what is named otherwise is left alone", async () => {
  const sweep = makeSweep();
  sweep.put({ container: "inbox", name: "notes.txt" });
  sweep.put({ container: "inbox", name: `${ACTIVITY_ID}/notes.txt` });
  sweep.clock.advance(1_000 * DAY_MS);

  expect(await deleteInboundFiles(sweep.ports, NEVER)).toBe(0);

  expect(sweep.names()).toHaveLength(2);
});
