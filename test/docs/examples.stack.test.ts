import { beforeAll, expect, test } from "vitest";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { entriesOf } from "../support/zip.ts";
import { BLOCKS, placeOf, requestsOf } from "./document-blocks.ts";
import { type ExampleRunner, exampleRunner } from "./example-runner.ts";
import { NOT_RUN } from "./not-run.ts";

const local = useLocalStack({ shop: true, demo: true });
let runner: ExampleRunner;
let demo: readonly unknown[];

const isListed = ({ text }: { text: string }): boolean =>
  NOT_RUN.some(({ begins }) => text.startsWith(begins));
const RUN = BLOCKS.filter((block) => !isListed(block));

beforeAll(async () => {
  runner = await exampleRunner(local);
  demo = await definitions();
  // README's first commands take a file that waits for partner A
  const { connectorId } = local.stack.file.demo;
  await eventually(async () => {
    const answer = await local.call("partner-a", { path: `/api/connector/peek/${connectorId}` });
    return answer.json().value.length > 0 || null;
  });
});

test("README has examples of each kind of definition, of a run and of a file that is sent", () => {
  const requests = BLOCKS.filter(({ kind }) => kind === "http").flatMap(requestsOf);
  const paths = requests.map(({ method, path }) => `${method} ${path}`);

  for (const part of ["/exports/", "/connectors/", "/subscriptions/", "/imports/"]) {
    expect(paths).toContainEqual(expect.stringMatching(`^PUT /api/definitions${part}`));
  }
  expect(paths).toContainEqual(expect.stringMatching("^POST /api/exports/[^/]+/runs$"));
  expect(paths).toContainEqual(expect.stringMatching("^POST /api/connector/enqueue/"));
});

test.each(RUN.map((block) => [placeOf(block), block] as const))(
  "%s works as it is written, beside the demo, and replaces nothing of it",
  async (_, block) => {
    if (block.kind === "http") {
      await runner.send(block);
    } else if (block.kind === "json answer") {
      await runner.awaitAnswer(block);
    } else {
      expect(await runner.carryOut(block)).not.toBe("");
    }
  },
  // a block may have several commands of npm, which take their time to start
  180_000,
);

test("the definitions of the demo are as they were", async () => {
  expect(demo.length).toBeGreaterThan(5);
  expect(await definitions()).toEqual(expect.arrayContaining([...demo]));
});

test("what README defines does its work: the file comes to the partner, and the prices to the table", async () => {
  const published = await eventually(async () => {
    const { items } = (await local.call("operator", { path: "/api/ledger/Shop.Items" })).json();
    return items.length > 0 ? items : null;
  });
  expect(published[0].records).toBeGreaterThan(100);
  const dequeued = await dequeue("8f1d2c5e-4b7a-4e93-9a60-3d5c7e2b1f48");
  expect(dequeued.Records).toBe(published[0].records);

  const imported = await eventually(async () => {
    const answer = await local.call("operator", { path: "/api/imports/prices/submissions" });
    const [message] = answer.json().items;
    return message?.endedAt ? message : null;
  });
  expect(imported).toMatchObject({
    state: "processed",
    result: { entities: [{ name: "Prices", rows: 2 }] },
  });
});

test("what docs/from-dynamics.md defines hands a data package to a client of Dynamics 365", async () => {
  const { DownloadLocation } = await dequeue("5d0c9b7e-2f41-4a86-93e5-8c1b6a7d3e20");

  const { bytes } = await local.call("partner-a", { path: DownloadLocation });

  expect([...(await entriesOf(bytes)).keys()]).toContain("Orders.csv");
});

async function definitions(): Promise<readonly unknown[]> {
  const kinds = ["connectors", "exports", "imports", "subscriptions"];
  const answers = kinds.map((kind) =>
    local.call("operator", { path: `/api/definitions/${kind}?limit=100` }),
  );
  return (await Promise.all(answers)).flatMap((answer) => answer.json().items);
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects
async function dequeue(connectorId: string): Promise<any> {
  const answer = await eventually(async () => {
    const got = await local.call("partner-a", { path: `/api/connector/dequeue/${connectorId}` });
    return got.status === 200 ? got : null;
  });
  return answer.json();
}
