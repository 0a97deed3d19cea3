import { execFile } from "node:child_process";
import {
  cpSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import process from "node:process";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { checkDeployment } from "../../infra/deployment-check.ts";
import { type AppProcess, startApp } from "../../infra/local/app-process.ts";
import { makePackage } from "../../infra/package.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";

const ONCE = { patienceMs: 0, pauseMs: 10, answers: 1, onWaiting: () => undefined };

const parent = mkdtempSync(join(tmpdir(), "waybill-package-"));
const made = join(parent, "made");

beforeAll(async () => {
  await makePackage(made);
});

afterAll(() => {
  rmSync(parent, { recursive: true });
});

/**
 * The files that azd deploys from a folder without an ignore file, for a service in TypeScript on Functions that is not
 * built remotely: all but these. It follows links.
 */
function filesByAzd(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: "utf8" })
    .filter((path) => statSync(join(folder, path)).isFile())
    .filter((path) => !path.split("/").includes(".azure"))
    .filter((path) => !["local.settings.json", ".funcignore"].includes(basename(path)))
    .sort();
}

/** A copy of the package that something was done to. */
function changed(change: (directory: string) => void): string {
  const directory = mkdtempSync(join(parent, "changed-"));
  cpSync(made, directory, { recursive: true });
  change(directory);
  return directory;
}

function withProgram(edit: (program: string) => string): string {
  return changed((directory) => {
    const path = join(directory, "dist", "main.js");
    writeFileSync(path, edit(readFileSync(path, "utf8")));
  });
}

/** Runs an app under the local host without any setting. */
async function running(directory: string): Promise<AppProcess & { lines: readonly string[] }> {
  const lines: string[] = [];
  const app = await startApp({
    directory,
    port: 0,
    settings: { AzureWebJobsDisableHomepage: "true" },
    onLine: (line) => lines.push(line),
  });
  onTestFinished(() => app.kill());
  return { ...app, lines };
}

test("the package is host.json, package.json and the program, by the rule of azd", () => {
  expect(filesByAzd(made)).toEqual(["dist/main.js", "host.json", "package.json"]);
  expect(readFileSync(join(made, "host.json"), "utf8")).toBe(readFileSync("host.json", "utf8"));
  expect(JSON.parse(readFileSync(join(made, "package.json"), "utf8"))).toEqual({
    name: "waybill",
    version: expect.any(String),
    type: "module",
    main: "dist/main.js",
  });
  // nor is a source map in the program itself
  expect(readFileSync(join(made, "dist", "main.js"), "utf8")).not.toMatch(
    /^\/\/# sourceMappingURL=/m,
  );
});

test("azd and plain az deploy that folder, and nobody leaves anything in it out", () => {
  const azure = readFileSync("azure.yaml", "utf8");
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));

  expect(azure).toMatch(/^ {4}project: \.$/m);
  expect(azure).toMatch(/^ {4}language: ts$/m);
  expect(azure).toMatch(/^ {4}dist: \.package$/m);
  expect(azure).toMatch(/^ {4}remoteBuild: false$/m);
  // azd runs it before it packs
  expect(scripts.build).toBe("npm run package");
  expect(readFileSync("docs/deploy.md", "utf8")).toMatch(
    /cd \.package && zip -r [./]+waybill\.zip \./,
  );
});

test("both ways end with a check that the app answers", () => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"));

  expect(scripts["check-deployment"]).toBe("node infra/check-deployment.ts");
  expect(readFileSync("azure.yaml", "utf8").match(/run: npm run check-deployment/g)).toHaveLength(
    2,
  );
  expect(readFileSync("infra/main.bicep", "utf8")).toContain("output WAYBILL_APP_URL string");
  expect(readFileSync("docs/deploy.md", "utf8")).toContain("npm run check-deployment -- ");
});

const local = useLocalStack();

test("the packaged program starts with the settings of the local cloud, and the check is content", async () => {
  expect(await checkDeployment(local.stack.file.app, ONCE)).toBeNull();
});

test("the packaged program writes the line whose absence is alerted on", async () => {
  await eventually(async () => local.lines.find((line) => line.includes('"event":"tick"')) ?? null);
});

test("without a setting the packaged program registers its functions, answers 503 everywhere and runs nothing", async () => {
  const app = await running(made);
  const listed = await fetch(`${app.url}/admin/functions`);
  const functions = (await listed.json()) as { name: string; config: { bindings: Binding[] } }[];
  const doors = functions.flatMap(({ config }) => config.bindings.filter(isDoor));
  const others = functions.filter(({ config }) => !config.bindings.some(isDoor));

  const answers = await Promise.all(doors.map((door) => knock(app.url, door)));

  expect(doors.length).toBeGreaterThan(40);
  expect(new Set(answers)).toEqual(
    new Set([
      "503 5 urn:waybill:problem:settings-invalid: Cannot answer now: the service is not set up as it must be; try again later, or ask the operator, who sees the reason",
      // HEAD
      "503 5",
    ]),
  );
  // timers and messages; of those whose own setting is missing the platform runs none
  expect(others.map(({ name }) => name)).toEqual(expect.arrayContaining(["retention"]));
  for (const name of ["retention", "storage-sweep"]) {
    await fetch(`${app.url}/admin/functions/${name}`, { method: "POST", body: "{}" });
    await eventually(
      async () => app.lines.find((line) => line.includes(`Functions.${name}' (Failed`)) ?? null,
    );
  }
  const logged = app.lines.filter((line) => line.includes('"event":"settings-invalid"')).join();
  expect(logged).toContain("PUBLIC_BASE_URL: is missing");
  expect(logged).toContain("ServiceBus: is missing");
  expect(await checkDeployment(app.url, ONCE)).toMatch(/ 503: a setting of the app is wrong/);
});

interface Binding {
  readonly type: string;
  readonly route?: string;
  readonly methods?: readonly string[];
}

function isDoor({ type }: Binding): boolean {
  return type === "httpTrigger";
}

/** Answer of a function to a caller that knows its route. */
async function knock(url: string, { route = "", methods = [] }: Binding): Promise<string> {
  const path = route.replace(/^\{[^}]*\?\}$/, "").replace(/\{[^}]*\}/g, "x");
  const response = await fetch(`${url}/${path}`, { method: methods[0] ?? "GET" });
  const text = await response.text();
  const { type, detail } = text === "" ? {} : JSON.parse(text);
  const told = type === undefined ? "" : ` ${type}: ${detail}`;
  return `${response.status} ${response.headers.get("retry-after")}${told}`;
}

test("a package without its program, or with one that ends before its first function, does not start here", async () => {
  const without = changed((directory) => rmSync(join(directory, "dist"), { recursive: true }));
  const throwing = withProgram((program) => `throw new Error("planted");\n${program}`);

  const healthy = /NO FUNCTION was registered before: Azure calls such an app healthy/;
  await expect(running(without)).rejects.toThrow(healthy);
  await expect(running(throwing)).rejects.toThrow(healthy);
});

test("whatever module of the program throws, a function is registered by then: the platform sees a failed start", async () => {
  const mark = "// src/app.ts\n";
  const throwing = withProgram((program) => {
    expect(program).toContain(mark);
    return program.replace(mark, `${mark}throw new Error("planted");\n`);
  });

  const failure = await running(throwing).then(
    () => null,
    (error: Error) => error.message,
  );

  expect(failure).toMatch(/planted$/);
});

test("the check tells of a program that registers nothing", async () => {
  const app = await running(withProgram(() => "export {};\n"));

  expect(await checkDeployment(app.url, ONCE)).toMatch(/no function is registered/);
});

test.each<[what: string, given: string[], code: number, says: string]>([
  [
    "no app",
    ["http://127.0.0.1:1", "0"],
    1,
    "The deployment does not work: http://127.0.0.1:1 cannot be reached",
  ],
  ["no address", ["here"], 2, "Cannot check the deployment: give the app's address"],
])("the command fails, and says why, when there is %s", async (...row) => {
  const [, given, code, says] = row;
  const command = [join("infra", "check-deployment.ts"), ...given];

  const failure = await promisify(execFile)(process.execPath, command).then(
    () => null,
    (error: { code: number; stderr: string }) => error,
  );

  expect(failure).toMatchObject({ code, stderr: expect.stringContaining(says) });
});

test.each([
  [404, "", /no function is registered/],
  [204, "", /no function is registered/],
  // the platform's own page
  [200, "<html>Your Functions app is up and running</html>", /no function is registered/],
  [403, "<html>Site Disabled</html>", /stopped, or access to it is restricted/],
  [500, "", /does not start/],
  [503, "Function host is not running.", /does not start/],
  [503, '{"type":"urn:waybill:problem:settings-invalid"}', /a setting of the app is wrong/],
  [302, "", /is answered 302/],
])("the check tells what it means when all is answered %i %s", async (status, body, finding) => {
  const server = createServer((_, response) => {
    response.writeHead(status);
    response.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.close();
  });

  const { port } = server.address() as AddressInfo;
  expect(await checkDeployment(`http://127.0.0.1:${port}`, ONCE)).toMatch(finding);
});

test("the check waits for an app that is just starting, and gives up on one that is not there", async () => {
  // the version before answers once, then the new one starts; each check asks for two addresses
  const statuses = [200, 200, 503, 503];
  const server = createServer((request, response) => {
    response.writeHead(statuses.shift() ?? 200);
    response.end(request.url === "/" ? '{"name":"waybill"}' : '{"openapi":"3.1.0"}');
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const waited: string[] = [];
  const { port } = server.address() as AddressInfo;

  const finding = await checkDeployment(`http://127.0.0.1:${port}`, {
    patienceMs: 60_000,
    pauseMs: 1,
    answers: 2,
    onWaiting: (waiting) => waited.push(waiting),
  });

  expect(finding).toBeNull();
  expect(waited).toHaveLength(2);
  server.close();
  expect(await checkDeployment("http://127.0.0.1:1", ONCE)).toMatch(/cannot be reached/);
});
