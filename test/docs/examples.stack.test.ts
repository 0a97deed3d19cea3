import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { eventually, useLocalStack } from "../support/local-stack.ts";

const local = useLocalStack({ shop: true, demo: true });

interface Example {
  readonly method: string;
  readonly path: string;
  readonly body: string;
}

/** What stands in the blocks marked `http` of a document: requests one after the other, each with its body. */
function examplesOf(document: string): Example[] {
  const text = readFileSync(new URL(`../../${document}`, import.meta.url), "utf8");
  const blocks = [...text.matchAll(/^```http\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
  return blocks
    .flatMap((block) => block.split(/^(?=(?:GET|PUT|POST|DELETE) \/)/m))
    .map((request) => {
      const [, method = "", path = "", body = ""] =
        /^(\S+) (\S+)\n\n?([\s\S]*)$/.exec(request) ?? [];
      return { method, path, body: body.trim() };
    });
}

const DOCUMENTS = ["README.md", "docs/package-api.md", "docs/deploy.md", "docs/operate.md"];
const EXAMPLES = DOCUMENTS.flatMap(examplesOf);

test("README has examples of each kind of definition, of a run and of a file that is handed in", () => {
  const paths = EXAMPLES.map(({ method, path }) => `${method} ${path}`);

  for (const part of ["/exports/", "/connectors/", "/subscriptions/", "/imports/"]) {
    expect(paths).toContainEqual(expect.stringMatching(`^PUT /api/definitions${part}`));
  }
  expect(paths).toContainEqual(expect.stringMatching("^POST /api/exports/[^/]+/runs$"));
  expect(paths).toContainEqual(expect.stringMatching("^POST /api/connector/enqueue/"));
});

test("every example of the documents works as it is written, beside the demo, and replaces nothing of it", async () => {
  for (const { method, path, body } of EXAMPLES) {
    const isPartners = path.startsWith("/api/connector/");
    const response = await fetch(new URL(path, local.stack.file.app), {
      method,
      headers: {
        authorization: `Bearer ${await local.stack.token(isPartners ? "partner-a" : "operator")}`,
        ...(method === "PUT" ? { "if-none-match": "*" } : {}),
      },
      ...(body === "" ? {} : { body }),
    });
    const answer = await response.text();

    const expected = method === "PUT" ? [201] : [200, 202];
    expect(expected, `${method} ${path}: ${response.status} ${answer}`).toContain(response.status);
  }
});

test("what the examples define does its work: the file comes to the partner, and the prices to the table", async () => {
  const published = await eventually(async () => {
    const { items } = (await local.call("operator", { path: "/api/ledger/Shop.Items" })).json();
    return items.length > 0 ? items : null;
  });
  expect(published[0].records).toBeGreaterThan(100);
  const dequeued = await eventually(async () => {
    const answer = await local.call("partner-a", {
      path: "/api/connector/dequeue/8f1d2c5e-4b7a-4e93-9a60-3d5c7e2b1f48",
    });
    return answer.status === 200 ? answer : null;
  });
  expect(dequeued.json().Records).toBe(published[0].records);

  const imported = await eventually(async () => {
    const answer = await local.call("operator", { path: "/api/imports/prices/messages" });
    const [message] = answer.json().items;
    return message?.endedAt ? message : null;
  });
  expect(imported).toMatchObject({
    state: "processed",
    result: { entities: [{ name: "Prices", rows: 2 }] },
  });
});
