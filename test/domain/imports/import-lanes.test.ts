import { expect, test } from "vitest";
import { type ImportWork, importLanes } from "../../../src/domain/imports/import-lanes.ts";

const LIMITS = { perConnector: 2, perPartner: 3, maxWaiting: 100 };

function work(submissionId: string, facts: Partial<ImportWork> = {}): ImportWork {
  return { submissionId, connectorId: "door", applicationId: "partner", ordered: false, ...facts };
}

test("a connector holds its share, and what comes beyond waits without keeping another out", () => {
  const lanes = importLanes(LIMITS);
  const first = [work("a1"), work("a2")];

  expect(first.map(lanes.enter)).toEqual([true, true]);
  expect(lanes.enter(work("a3"))).toBe(false);
  expect(lanes.enter(work("b1", { connectorId: "other", applicationId: "other" }))).toBe(true);

  expect(lanes.next()).toBeNull();
  lanes.leave(work("a1"));
  expect(lanes.next()?.submissionId).toBe("a3");
  expect(lanes.next()).toBeNull();
});

test("a partner holds its share over all its connectors", () => {
  const lanes = importLanes(LIMITS);

  const entered = ["d1", "d2", "d3", "d4"].map((connectorId) =>
    lanes.enter(work(connectorId, { connectorId })),
  );

  expect(entered).toEqual([true, true, true, false]);
  lanes.leave(work("d1", { connectorId: "d1" }));
  expect(lanes.next()?.submissionId).toBe("d4");
});

test("files of an ordered connector go one at a time", () => {
  const lanes = importLanes(LIMITS);

  expect(lanes.enter(work("a1", { ordered: true }))).toBe(true);
  expect(lanes.enter(work("a2", { ordered: true }))).toBe(false);
});

test("what has waited longest and may begin comes first", () => {
  const lanes = importLanes({ ...LIMITS, perConnector: 1 });
  const all = [
    work("a1"),
    work("a2"),
    work("b1", { connectorId: "other" }),
    work("b2", { connectorId: "other" }),
  ];
  for (const each of all) {
    lanes.enter(each);
  }

  lanes.leave(work("b1", { connectorId: "other" }));

  expect(lanes.next()?.submissionId).toBe("b2");
});

test("a message that comes again while it is worked on has its turn afterwards: perhaps it was asked for anew", () => {
  const lanes = importLanes(LIMITS);

  expect(lanes.enter(work("a1"))).toBe(true);
  expect(lanes.enter(work("a1"))).toBe(false);
  expect(lanes.next()).toBeNull();
  lanes.leave(work("a1"));
  expect(lanes.next()?.submissionId).toBe("a1");
  lanes.leave(work("a1"));
  expect(lanes.next()).toBeNull();
});

test("what waits is begun by whichever message of it comes when a lane is free", () => {
  const lanes = importLanes({ ...LIMITS, perConnector: 1 });
  lanes.enter(work("a1"));
  lanes.enter(work("a2"));
  lanes.leave(work("a1"));

  expect(lanes.enter(work("a2"))).toBe(true);
  lanes.leave(work("a2"));
  expect(lanes.next()).toBeNull();
});

test("no more waits than there is room for", () => {
  const lanes = importLanes({ perConnector: 1, perPartner: 1, maxWaiting: 1 });
  lanes.enter(work("a1"));
  lanes.enter(work("a2"));
  lanes.enter(work("a3"));

  lanes.leave(work("a1"));
  expect(lanes.next()?.submissionId).toBe("a2");
  lanes.leave(work("a2"));
  expect(lanes.next()).toBeNull();
});
