import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { generate } from "selfsigned";
import { expect, onTestFinished, test } from "vitest";
import { startServiceBus } from "../src/server.ts";
import { aNamespaceConfig, aQueue } from "./builders.ts";
import { anIssuer } from "./issuer.ts";

const CLIENT = fileURLToPath(import.meta.resolve("./secure-client.ts"));

const SENDER = "11111111-2222-3333-4444-555555555555";

/** A broker with a certificate for localhost, and the file that says to trust it. */
async function startSecurely() {
  const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }], {
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  });
  const folder = await mkdtemp(join(tmpdir(), "service-bus-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const certPath = join(folder, "cert.pem");
  await writeFile(certPath, cert);
  const { issuer, token } = anIssuer([
    { applicationId: SENDER, role: "Azure Service Bus Data Sender", scope: "orders" },
    { applicationId: SENDER, role: "Azure Service Bus Data Receiver", scope: "orders" },
  ]);
  const server = await startServiceBus({
    config: aNamespaceConfig({ queues: [aQueue("orders")] }),
    tls: { key, cert },
    authorization: { issuer },
  });
  onTestFinished(server.stop);
  return { server, certPath, token };
}

function runClient(args: readonly string[], env: Record<string, string>) {
  return promisify(execFile)(process.execPath, [CLIENT, ...args], { env, timeout: 50_000 });
}

test("the SDK works as in production: over TLS, by a host and a token", async () => {
  const { server, certPath, token } = await startSecurely();
  const args = [`localhost:${server.port}`, "hello", token(SENDER)];

  const { stdout } = await runClient(args, { NODE_EXTRA_CA_CERTS: certPath });

  expect(stdout).toBe("hello");
  expect(server.namespace.store("orders").messages.size).toBe(0);
});
