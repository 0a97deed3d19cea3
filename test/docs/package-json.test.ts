import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import topology from "../../infra/topology.json" with { type: "json" };
import { SubscriptionDefinition } from "../../src/domain/definitions/definitions.ts";
import { admits } from "../support/node-range.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");

interface Locked {
  readonly dev?: boolean;
  readonly devOptional?: boolean;
  readonly optional?: boolean;
  readonly hasInstallScript?: boolean;
  readonly engines?: { readonly node?: string };
}

const manifest = JSON.parse(read("package.json"));
const locked = Object.entries(
  JSON.parse(read("package-lock.json")).packages as Record<string, Locked>,
);
const nameOf = (path: string): string => path.split("node_modules/").at(-1) ?? "";
const [, readmeNode = "", quietNode = ""] =
  /Node (\d+) or newer[\s\S]*?Before Node ([\d.]+) npm warns/.exec(read("README.md")) ?? [];

/** Packages that are installed everywhere and do not admit a version of Node: npm warns of them. */
function warnedOf(version: string): (readonly [name: string, Locked])[] {
  return locked
    .filter(([path, { optional, engines }]) => {
      return path !== "" && !optional && engines?.node && !admits(engines.node, version);
    })
    .map(([path, each]) => [nameOf(path), each] as const);
}

test.each(Object.entries<string>(manifest.scripts))("script %s runs what is there", (_, script) => {
  for (const command of script.split(" && ")) {
    const [tool = "", first = "", second = ""] = command.split(" ");
    if (tool === "node") {
      expect(existsSync(join(ROOT, first)), first).toBe(true);
    } else if (tool === "npm") {
      expect(Object.keys(manifest.scripts)).toContain(first === "run" ? second : first);
    } else {
      const packages = Object.keys(manifest.devDependencies).map((name) => {
        return JSON.parse(read(`node_modules/${name}/package.json`)).bin ?? {};
      });
      expect(
        packages.some((bin) => typeof bin === "object" && tool in bin),
        tool,
      ).toBe(true);
    }
  }
});

/** A check for each way of delivery that a description may name. */
const WAYS: Readonly<Record<string, () => boolean>> = {
  pull: () => isVia("connector"),
  subscription: () => topology.topics.fileAvailable !== "",
  webhook: () => isVia("webhook"),
};

/** Whether a subscription's files can be delivered so. */
function isVia(kind: string): boolean {
  return JSON.stringify(SubscriptionDefinition.shape.via.toJSONSchema()).includes(
    `"const":"${kind}"`,
  );
}

test("the description and the keywords name ways of delivery that there are", () => {
  const [, list = ""] = /delivery by ([^,]+)/.exec(manifest.description) ?? [];
  const named = list.split(/ or |, /);
  const words: readonly string[] = [...named, ...(manifest.keywords ?? [])];

  expect(named.length).toBeGreaterThan(1);
  for (const [way, isThere] of Object.entries(WAYS)) {
    expect(words.includes(way) && !isThere(), `${way} is promised`).toBe(false);
  }
  expect(named.filter((way) => !Object.hasOwn(WAYS, way))).toEqual([]);
});

test("README names the Node that package.json asks for, and runs on; the cloud's is the one of the tests", () => {
  const major = (version: string): string => version.split(".")[0] ?? "";
  const [, deployed] = /param nodeVersion string = '(\d+)'/.exec(read("infra/main.bicep")) ?? [];

  const [, tested = ""] = /node: \[([\d, ]+)\]/.exec(read(".github/workflows/test.yml")) ?? [];

  expect(tested.split(", ")).toEqual(expect.arrayContaining([readmeNode, deployed]));
  expect(manifest.engines).toEqual({ node: `>=${readmeNode}` });
  expect(major(manifest.devDependencies.node)).toBe(deployed);
  expect(major(manifest.devDependencies["@types/node"])).toBe(deployed);
});

test("on that Node npm warns of development tools alone, and of nothing from the Node that README names", () => {
  const warned = warnedOf(`${readmeNode}.19.0`);

  expect(warned.length).toBeGreaterThan(0);
  expect(warned.filter(([, { dev }]) => !dev)).toEqual([]);
  expect(warnedOf(`${quietNode}.0`)).toEqual([]);
  expect(warnedOf(`${manifest.devDependencies.node}`)).toEqual([]);
});

test("npm is told of each package that must run something when it is installed, on every platform", () => {
  const running = locked.filter(([, each]) => each.hasInstallScript).map(([path]) => nameOf(path));

  expect(Object.keys(manifest.allowScripts).sort()).toEqual(running.sort());
});
