import { execFile, spawnSync } from "node:child_process";
import { chmod, mkdtemp, rm, stat } from "node:fs/promises";
import { request as plainRequest } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, expect, test } from "vitest";
import { PackageOptions } from "../../../src/domain/packages/package-options.ts";
import {
  callSecurely,
  type HttpsStart,
  sendSecurely,
  startWithHttps,
} from "../../support/https-start.ts";
import { eventually } from "../../support/local-stack.ts";
import { ACTIONS } from "../../support/package-api.ts";
import { writtenPackage } from "../../support/written-package.ts";
import { entriesOf } from "../../support/zip.ts";

const run = promisify(execFile);
const FILES = "2f7f6d62-5f0b-4f2b-8d2e-5a3c1d9e7b12";
const PACKAGES = "2f7f6d62-5f0b-4f2b-8d2e-5a3c1d9e7b13";

let directory: string;
let running: HttpsStart;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "waybill https "));
  // as root the database runs under a user of its own, who must be able to pass
  await chmod(directory, 0o711);
  running = await startWithHttps(directory);
  await define();
}, 120_000);

afterAll(async () => {
  await running.stop();
  await rm(directory, { recursive: true });
});

/** Doors through which partner A sends prices and packages of prices, and an export that it may order. */
async function define(): Promise<void> {
  const applications = [running.stack.clients["partner-a"].id];
  const prices = {
    name: "Prices",
    columns: [
      { name: "item_id", type: "integer", required: true },
      { name: "price", type: "decimal" },
    ],
    target: { kind: "postgres", connection: "shop-owner", table: "shop.prices_in", mode: "upsert" },
  };
  const connector = { direction: "import", applications };
  const items = {
    name: "Items",
    source: { kind: "postgres", connection: "shop", table: "shop.items" },
  };
  const definitions = {
    "imports/files": { format: { kind: "csv" }, entities: [prices] },
    "imports/packages": { format: { kind: "package" }, entities: [prices] },
    [`connectors/${FILES}`]: { ...connector, name: "Files", content: "file", import: "files" },
    [`connectors/${PACKAGES}`]: {
      ...{ ...connector, name: "Packages", content: "package", import: "packages" },
    },
    "exports/items": {
      ...{ fileType: "Test.Items", entities: [items], format: { kind: "csv" } },
      packageApi: { applications },
    },
  };
  for (const [path, body] of Object.entries(definitions)) {
    const answer = await call("operator", "PUT", `/api/definitions/${path}`, body);
    expect(answer.status, answer.bytes.toString()).toBe(201);
  }
}

function call(
  client: "operator" | "partner-a",
  ...request: [method: string, path: string, body?: object | string]
): ReturnType<typeof callSecurely> {
  return callSecurely(running, client, request);
}

/** The value of an action of the package API. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects
async function action(name: string, body: object): Promise<any> {
  const answer = await call("partner-a", "POST", ACTIONS + name, body);
  expect(answer.status, answer.bytes.toString()).toBe(200);
  return answer.json().value;
}

async function succeeded(executionId: string): Promise<void> {
  await eventually(async () => {
    const status = await action("GetExecutionSummaryStatus", { executionId });
    expect(["NotRun", "Executing", "Succeeded"]).toContain(status);
    return status === "Succeeded" || null;
  });
}

/** The result of an import for a submission. */
async function imported(importId: string, submissionId: string): Promise<unknown> {
  return eventually(async () => {
    const { items } = (
      await call("operator", "GET", `/api/imports/${importId}/submissions`)
    ).json();
    const message = items.find(({ id }: { id: string }) => id === submissionId);
    return message?.endedAt ? message : null;
  });
}

async function dequeued(): Promise<string> {
  const { connectorId } = running.stack.demo;
  const answer = await eventually(async () => {
    const taken = await call("partner-a", "GET", `/api/connector/dequeue/${connectorId}`);
    return taken.status === 200 ? taken : null;
  });
  return answer.json().DownloadLocation;
}

test("every address on the first screen that a browser can open is https, and the certificate is said", () => {
  const addresses = [...running.screen.matchAll(/\b(\w+):\/\/\S+/g)].map(([, scheme]) => scheme);

  expect(addresses.filter((scheme) => scheme === "https").length).toBeGreaterThanOrEqual(5);
  expect(addresses).not.toContain("http");
  expect(running.screen).toContain(`'${running.stack.certificateFile}'`);
});

test("only the owner may read the key, which stands with the data", async () => {
  const key = await stat(join(directory, "certificate.key"));

  expect(running.stack.certificateFile).toBe(join(directory, "certificate.pem"));
  expect(key.mode & 0o077).toBe(0);
});

test("a file is dequeued, and downloaded with trust in the certificate alone", async () => {
  const { stack, certificate: ca } = running;
  const url = await dequeued();
  const { access_token: token } = (
    await sendSecurely(stack.tokenEndpoint.v1, {
      ...{ method: "POST", ca },
      headers: { "content-type": "application/x-www-form-urlencoded" },
      body: String(
        new URLSearchParams({
          grant_type: "client_credentials",
          client_id: stack.clients["partner-a"].id,
          client_secret: stack.clients["partner-a"].secret,
          resource: stack.audience,
        }),
      ),
    })
  ).json();
  const headers = { authorization: `Bearer ${token}` };

  expect(url.startsWith(`${stack.app}/api/connector/download/`)).toBe(true);
  const downloaded = await sendSecurely(url, { ca, headers });
  expect(downloaded.status).toBe(200);
  expect(downloaded.bytes.length).toBeGreaterThan(0);
  await expect(sendSecurely(url, { headers })).rejects.toMatchObject({
    code: "DEPTH_ZERO_SELF_SIGNED_CERT",
  });
});

test("nothing is answered by plain http", async () => {
  const { port } = new URL(running.stack.app);

  const refused = new Promise((resolve, reject) => {
    const request = plainRequest({ host: "127.0.0.1", port, path: "/api/openapi.json" }, resolve);
    request.once("error", reject);
    request.end();
  });

  await expect(refused).rejects.toMatchObject({ code: "ECONNRESET" });
});

test("a file is received, by body and by an upload address, which is https", async () => {
  const csv = "item_id,price\r\n1,9.95\r\n";
  const enqueue = `/api/connector/enqueue/${FILES}?entity=Prices`;
  const byBody = await call("partner-a", "POST", enqueue, csv);
  expect(await imported("files", byBody.json())).toMatchObject({ state: "processed" });

  const opened = await call("partner-a", "POST", `/api/connector/upload/${FILES}`);
  const { uploadUrl, uploadId } = opened.json();
  const put = await sendSecurely(uploadUrl, {
    ...{ method: "PUT", body: csv, ca: running.certificate },
    headers: { "x-ms-blob-type": "BlockBlob", "content-type": "text/csv" },
  });
  expect(put.status).toBe(201);
  const byUpload = await call("partner-a", "POST", `${enqueue}&upload=${uploadId}`);

  expect(await imported("files", byUpload.json())).toMatchObject({ state: "processed" });
});

test("a package is ordered, and fetched from an https address", async () => {
  const executionId = await action("ExportToPackage", { definitionGroupId: "items" });
  await succeeded(executionId);

  const url = await action("GetExportedPackageUrl", { executionId });
  const downloaded = await sendSecurely(url, { ca: running.certificate });
  const page = await action("GetExecutionSummaryPageUrl", { executionId });

  const entries = await entriesOf(downloaded.bytes);
  expect(entries.get("Items.csv")).toMatch(/^item_id,/);
  expect(new URL(page).origin).toBe(running.stack.app);
});

test("a package is written to an https address, and imported", async () => {
  const { BlobUrl } = JSON.parse(await action("GetAzureWriteUrl", { uniqueFileName: "x" }));
  const put = await sendSecurely(BlobUrl, {
    ...{ method: "PUT", ca: running.certificate, body: await pricesPackage() },
    headers: { "x-ms-blob-type": "BlockBlob" },
  });
  expect(put.status).toBe(201);

  const executionId = await action("ImportFromPackage", {
    ...{ packageUrl: BlobUrl, definitionGroupId: "packages", executionId: "" },
    ...{ execute: true, overwrite: true, legalEntityId: "USMF" },
  });

  await succeeded(executionId);
});

/** A data package with a price. */
async function pricesPackage(): Promise<Buffer> {
  const options = PackageOptions.parse({
    ...{ kind: "package", definitionGroup: "packages", file: { kind: "csv" } },
  });
  const entity = {
    name: "Prices",
    columns: [
      { name: "item_id", type: "integer" as const },
      { name: "price", type: "decimal" as const },
    ],
    bytes: oneChunk("item_id,price\r\n2,12.50\r\n"),
  };
  return writtenPackage(options, [entity], new Date("2026-03-01T10:00:00Z"));
}

async function* oneChunk(content: string): AsyncGenerator<Buffer> {
  yield Buffer.from(content);
}

test("an event's link, the tokens and their keys are https for an unmodified client that trusts the certificate", async () => {
  const subscriber = ["test/clients/subscriber.mjs", running.stackFile];
  // biome-ignore lint/style/noProcessEnv: as a person's shell does, the client gets the machine's settings and one more
  const trusting = { ...process.env, NODE_EXTRA_CA_CERTS: running.stack.certificateFile ?? "" };

  const { stdout } = await run(process.execPath, subscriber, { env: trusting });

  expect(JSON.parse(stdout)).toMatchObject({
    ...{ application: true, issuer: true },
    uri: expect.stringMatching(/^https:/),
  });
  await expect(run(process.execPath, subscriber)).rejects.toMatchObject({
    stderr: expect.stringContaining("DEPTH_ZERO_SELF_SIGNED_CERT"),
  });
});

test("the document of the API names the https address", async () => {
  const document = await call("operator", "GET", "/api/openapi.json");

  expect(document.json().servers).toEqual([{ url: running.stack.app }]);
});

test("npm run as trusts it unasked", async () => {
  const { stdout } = await run("npm", [
    ...["run", "-s", "as", "operator", "GET", "/api/definitions/exports"],
    ...["--", "--stack-file", running.stackFile],
  ]);

  expect(JSON.parse(stdout).items.length).toBeGreaterThan(3);
});

const SHELLS = ["bash", "zsh", "fish", "pwsh"].filter(
  (shell) => spawnSync(shell, ["-c", "exit 0"]).status === 0,
);

test.each(SHELLS)("the printed commands make curl and Node trust it, in %s", async (shell) => {
  const printed = (name: string): string =>
    new RegExp(`^ {3}${name} {3,}(.*)$`, "m").exec(running.screen)?.[1] ?? "";
  const node = printed(shell === "pwsh" ? " {2}in PowerShell" : "Node");
  const ask = `fetch('${running.stack.app}/api/openapi.json').then((r) => console.log(r.status))`;

  const { stdout } = await run(shell, ["-c", `${printed("curl")}; ${node}; node -e "${ask}"`]);

  expect(stdout).toMatch(/^\{"openapi":"3.1/);
  expect(stdout.trimEnd().endsWith("200")).toBe(true);
});

test("with the same data the certificate stays, and what trusted it goes on", async () => {
  const { certificate, stack } = running;
  await running.stop();

  running = await startWithHttps(directory);

  expect(running.certificate).toBe(certificate);
  // a client need not be set anew: the tenant is the same, and so is the port but for --any-port
  expect(new URL(running.stack.tokenEndpoint.v2).pathname).toBe(
    new URL(stack.tokenEndpoint.v2).pathname,
  );
  expect(running.stack.clients).toEqual(stack.clients);
  const [path, ca] = [`${running.stack.app}/api/openapi.json`, certificate];
  expect((await sendSecurely(path, { ca })).status).toBe(200);
}, 180_000);
