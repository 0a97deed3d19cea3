import { ServiceBusAdministrationClient } from "@azure/service-bus";
import { generate } from "selfsigned";
import { expect, onTestFinished, test } from "vitest";
import { startServiceBus } from "../../src/server.ts";
import { aNamespaceConfig } from "../builders.ts";
import { anIssuer } from "../issuer.ts";

const APPLICATION = "11111111-2222-3333-4444-555555555555";

/** A broker with a certificate of its own, and that certificate. */
async function startSecretly() {
  const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }], {
    extensions: [{ name: "subjectAltName", altNames: [{ type: 2, value: "localhost" }] }],
  });
  const { issuer, token } = anIssuer([
    { applicationId: APPLICATION, role: "Azure Service Bus Data Owner", scope: "" },
  ]);
  const server = await startServiceBus({
    config: aNamespaceConfig(),
    tls: { key, cert },
    authorization: { issuer },
  });
  onTestFinished(server.stop);
  return { server, cert, token: token(APPLICATION) };
}

test("the admin client works over TLS without changes, given the certificate", async () => {
  const { server, cert } = await startSecretly();
  const admin = new ServiceBusAdministrationClient(server.connectionString, {
    tlsOptions: { ca: cert },
  });

  await admin.createQueue("q");

  expect(await admin.queueExists("q")).toBe(true);
  expect(server.namespace.queues.get("q")).not.toBeNull();
});

test("the admin client works over TLS as in production, with a host and a token", async () => {
  const { server, cert, token } = await startSecretly();
  const credential = {
    getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }),
  };
  const admin = new ServiceBusAdministrationClient(`localhost:${server.port}`, credential, {
    tlsOptions: { ca: cert },
  });

  await admin.createTopic("t");

  expect(await admin.topicExists("t")).toBe(true);
});

test("the admin client does not trust the certificate unasked", async () => {
  const { server } = await startSecretly();
  const admin = new ServiceBusAdministrationClient(server.connectionString, {
    retryOptions: { maxRetries: 0 },
  });

  await expect(admin.createQueue("q")).rejects.toThrow("self-signed certificate");
});
