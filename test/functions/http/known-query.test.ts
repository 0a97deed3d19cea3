import { expect, test } from "vitest";
import type { Door } from "../../../src/functions/http/door.ts";
import { requireKnownQuery } from "../../../src/functions/http/known-query.ts";
import { ALL_DOORS } from "../../support/api-document.ts";

const OPERATORS = ALL_DOORS.filter(({ caller }) => caller === "operator");

function doorNamed(id: string): Door {
  const found = ALL_DOORS.find((door) => door.id === id);
  if (found === undefined) {
    throw new Error(`There is no door "${id}"`);
  }
  return found;
}

test.each(OPERATORS.map((door) => [door.id, door] as const))(
  "%s takes what it is described with, and refuses any other parameter",
  (_, door) => {
    const names = Object.keys(door.query?.shape ?? {}).map((name) => name.toLowerCase());

    expect(() => requireKnownQuery(door, names)).not.toThrow();
    expect(() => requireKnownQuery(door, ["lim1t"])).toThrow('the query parameter "lim1t"');
  },
);

test("a refusal lists what there is", () => {
  const list = doorNamed("definitions-list-exports");
  const put = doorNamed("definitions-put-exports");

  expect(() => requireKnownQuery(list, ["limt"])).toThrow('"limit", "after"');
  expect(() => requireKnownQuery(put, ["after"])).toThrow("there are none here");
});

test.each(["subscription-key", "code", "api-version", "_"])(
  "%s, which others put into addresses on the way, is read over",
  (name) => {
    const list = doorNamed("definitions-list-exports");

    expect(() => requireKnownQuery(list, [name, "limit"])).not.toThrow();
  },
);

test("partners' clients may send what they send to Dynamics", () => {
  expect(() => requireKnownQuery(doorNamed("connector-dequeue"), ["entity", "x"])).not.toThrow();
});
