import { expect, test } from "vitest";
import { routeParams } from "../../../src/functions/http/route-params.ts";

test.each(["activityId", "ActivityId", "ACTIVITYID", "activityid"])(
  "routeParams finds activityId when the platform calls it %s",
  (spelling) => {
    expect(routeParams({ [spelling]: "x" }).activityId).toBe("x");
  },
);

test("routeParams prefers the name as the route has it", () => {
  expect(routeParams({ ID: "query", id: "route" }).id).toBe("route");
  expect(routeParams({ id: "route", ID: "query" }).id).toBe("route");
});

test("routeParams knows nothing that was not given", () => {
  expect(routeParams({ id: "x" }).activityId).toBeUndefined();
  expect(routeParams({}).id).toBeUndefined();
});
