import { expect, test } from "vitest";
import { AppError } from "../../../src/domain/errors.ts";
import { addLogFacts } from "../../../src/domain/log-facts.ts";
import { handlerOf } from "../../../src/functions/http/open-doors.ts";
import { requestFacts } from "../../../src/functions/http/request-facts.ts";
import { jsonLog } from "../../../src/stores/json-log.ts";
import { aDoor, doorPorts } from "../../support/a-door.ts";
import { ALL_DOORS } from "../../support/api-document.ts";
import { callHandler } from "../../support/http-call.ts";

const GUID = "6d31e09f-0249-4f0a-9d6c-1f0e3c5b7a91";

test.each([
  ["connector-ack", { activityId: `{${GUID.toUpperCase()}}` }, { connectorId: GUID }],
  [
    "deliveries-requeue",
    { connectorId: GUID, deliveryId: "x" },
    { connectorId: GUID, deliveryId: "x" },
  ],
  ["connectors-submissions-cleanup", { id: GUID }, { connectorId: GUID }],
  ["exports-run-now", { id: "items" }, { exportId: "items" }],
  ["imports-submissions", { id: "items" }, { importId: "items" }],
  ["submissions-requeue", { id: GUID }, { submissionId: GUID }],
  ["definitions-put", { kind: "exports", id: "items" }, { kind: "exports", id: "items" }],
  ["ledger-list", { fileType: "Shop.Items" }, { fileType: "Shop.Items" }],
  ["home", {}, {}],
  ["exports-runs", { id: "x".repeat(5_000) }, { exportId: "x".repeat(100) }],
])("the path of %s says what the request is about", (name, params, facts) => {
  expect(requestFacts(name, params)).toEqual(facts);
});

/** Parameters of paths that name nothing: of an address that a gateway put before, and of actions. */
const NO_FACTS = ["prefix", "prefix1", "prefix2", "ignored", "action"];

test("each parameter of a path that is described is a fact", () => {
  for (const { id, path } of ALL_DOORS) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? "");
    const named = names.filter((name) => !NO_FACTS.includes(name));

    const facts = requestFacts(id, Object.fromEntries(named.map((name) => [name, "x"])));

    expect(Object.keys(facts), `${id} ${path}`).toHaveLength(named.length);
  }
});

test("whatever is logged while a request is answered says who asked, and for what", async () => {
  const lines: string[] = [];
  const log = jsonLog((line) => lines.push(line));
  const handler = handlerOf(
    aDoor({
      caller: "partner",
      handle: async () => {
        await Promise.resolve();
        log("delivery-requeued", { executionId: "e" });
        addLogFacts({ deliveryId: "m" });
        throw new AppError("delivery-not-found", "Cannot find it");
      },
    }),
    doorPorts({ log, tokens: { verify: async () => ({ applicationId: "somebody", roles: [] }) } }),
    () => undefined,
  );

  const headers = { authorization: "Bearer good" };
  await callHandler(handler, { headers, params: { connectorId: GUID.toUpperCase() } });
  log("tick");

  const about = { level: "information", applicationId: "somebody", connectorId: GUID };
  expect(lines.map((line) => JSON.parse(line))).toEqual([
    { event: "delivery-requeued", executionId: "e", ...about },
    expect.objectContaining({ event: "request", status: 404, deliveryId: "m", ...about }),
    { event: "tick", level: "information" },
  ]);
});
