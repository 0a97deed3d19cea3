import { expect, test } from "vitest";
import { transactionsEdge } from "../../../../src/systems/postgres/source/edge.ts";
import type { ReadSession } from "../../../../src/systems/postgres/source/read-session.ts";

test("refuses a standby, which does not know its primary's transactions", async () => {
  const standby = {
    query: () => Promise.resolve([{ name: "reader", allowed: true, standby: true }]),
  } as unknown as ReadSession;

  await expect(transactionsEdge(standby, "read")).rejects.toMatchObject({
    code: "source-invalid",
    message: expect.stringContaining("the server is a standby"),
  });
});
