import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import type { Node } from "web-tree-sitter";
import { LOG_EVENTS } from "../../src/domain/log-events.ts";
import {
  bodyOf,
  declarations,
  deployedBicep,
  descendantsOf,
  literal,
  nameOf,
  resourceType,
  valueAt,
} from "./bicep-tree.ts";

const alerts = (await deployedBicep()).get("modules/alerts.bicep");
const rules = (alerts === undefined ? [] : declarations(alerts, "resource_declaration")).filter(
  (node) => resourceType(node).type === "Microsoft.Insights/scheduledQueryRules",
);
const queries = new Map(rules.map((rule) => [nameOf(rule), queryOf(rule)]));

function queryOf(rule: Node): string {
  const query = descendantsOf(rule, "object_property").find(
    (property) => property.firstNamedChild?.text === "query",
  );
  return query?.text ?? "";
}

function eventsIn(query: string): string[] {
  return [...query.matchAll(/"event":"([a-z-]+)"/g)].map(([, event]) => event ?? "");
}

test("every line of level error is alerted on; those of requests by their own alert", () => {
  const query = queries.get("failures") ?? "";

  expect(query).toContain(`message contains '"level":"error"'`);
  expect(eventsIn(query)).toEqual(["request"]);
  expect(query).toContain(`message !contains '"event":"request"'`);
  expect(queries.get("serverErrors")).toContain("toint(resultCode) >= 500");
});

test("alerts look for events that exist, also for those that are put off and made good for", () => {
  const named = [...queries.values()].flatMap(eventsIn);

  expect(named.filter((event) => !Object.hasOwn(LOG_EVENTS, event))).toEqual([]);
  expect(eventsIn(queries.get("worthALook") ?? "")).toEqual(
    expect.arrayContaining(["import-put-off", "run-put-off", "tick-late", "dead-letter"]),
  );
});

test("an app of which nothing is heard is alerted on, also when it has never written a line", () => {
  const rule = rules.find((each) => nameOf(each) === "silence");
  const lines = (queries.get("silence") ?? "").split("\n").map((line) => line.trim());

  expect(lines.slice(1, -1)).toEqual([
    "traces",
    `| where message contains '"event":"tick"'`,
    // a row even of nothing
    "| summarize ticks = count()",
    "| where ticks == 0",
  ]);
  const body = rule === undefined ? undefined : bodyOf(rule);
  const window = body === undefined ? undefined : valueAt(body, "properties.windowSize");
  expect(literal(window)).toBe("PT5M");
});

test("what alerts look for is not sampled away", () => {
  const { logging } = JSON.parse(readFileSync("host.json", "utf8"));

  const excluded = logging.applicationInsights.samplingSettings.excludedTypes.split(";");
  expect(excluded).toEqual(expect.arrayContaining(["Request", "Trace"]));
});
