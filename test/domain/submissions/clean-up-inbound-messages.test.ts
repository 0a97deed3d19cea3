import { expect, test } from "vitest";
import type { Ports } from "../../../src/domain/ports.ts";
import { cleanUpInboundMessages } from "../../../src/domain/submissions/clean-up-inbound-messages.ts";
import type { InboundMessage } from "../../../src/domain/submissions/inbound-message.ts";
import { anInboundMessage } from "../../support/inbound-message.ts";

const NOW = new Date("2026-05-01T10:00:00Z");
const OLDER_THAN = new Date("2026-04-01T10:00:00Z");
const LONG_AGO = new Date("2026-03-01T10:00:00Z");
const ACTIVITY_ID = "2f7f6d62-5f0b-4f2b-8d2e-5a3c1d9e7b11";

const GONE = {
  state: "processed",
  endedAt: LONG_AGO,
  fileDeletedAt: LONG_AGO,
} as const satisfies Partial<InboundMessage>;

function makePorts(message: InboundMessage) {
  const deleted: string[] = [];
  const asked: unknown[] = [];
  const inbox = {
    list: async (...request: unknown[]) => {
      asked.push(request);
      return { items: [message], next: "more" };
    },
    delete: async ({ id }: InboundMessage) => void deleted.push(id),
  };
  const ports = { inbox, clock: { now: () => NOW }, log: () => undefined };
  return { ports: ports as unknown as Ports, deleted, asked };
}

const REQUEST = {
  activityId: ACTIVITY_ID,
  states: ["processed"],
  olderThan: OLDER_THAN,
  dryRun: false,
  after: "before",
} as const;

test("what ended long ago and has lost its file is deleted, a page at a time", async () => {
  const message = anInboundMessage(GONE);
  const { ports, deleted, asked } = makePorts(message);

  const done = await cleanUpInboundMessages(ports, REQUEST);

  expect(done).toEqual({ messages: 1, next: "more" });
  expect(deleted).toEqual([message.id]);
  const page = { limit: 200, after: "before", receivedBefore: OLDER_THAN };
  expect(asked).toEqual([[ACTIVITY_ID, null, page]]);
});

test.each<[string, Partial<InboundMessage>]>([
  ["whose file is kept", { fileDeletedAt: null }],
  ["in another state", { state: "dead-lettered" }],
  ["that is owed a run", { state: "enqueued", endedAt: null }],
  ["that ended later", { endedAt: OLDER_THAN }],
])("a message %s is left alone", async (_, facts) => {
  const { ports, deleted } = makePorts(anInboundMessage({ ...GONE, ...facts }));

  expect(await cleanUpInboundMessages(ports, REQUEST)).toEqual({ messages: 0, next: "more" });
  expect(deleted).toEqual([]);
});

test("a dry run only counts", async () => {
  const { ports, deleted } = makePorts(anInboundMessage(GONE));

  const done = await cleanUpInboundMessages(ports, { ...REQUEST, dryRun: true });

  expect([done.messages, deleted]).toEqual([1, []]);
});

test("nothing younger than the longest time in which a file can be one message is cleaned up", async () => {
  const { ports } = makePorts(anInboundMessage(GONE));
  const olderThan = new Date(NOW.getTime() - 30 * 86_400_000 + 1);

  await expect(cleanUpInboundMessages(ports, { ...REQUEST, olderThan })).rejects.toMatchObject({
    code: "request-invalid",
    problems: [{ field: "olderThan" }],
  });
});
