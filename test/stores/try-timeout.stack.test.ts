import { createServer, type Server, type ServerResponse } from "node:http";
import { TableClient } from "@azure/data-tables";
import { afterEach, expect, test } from "vitest";
import { listenLocally } from "../../infra/local/listen.ts";
import { tryTimeout } from "../../src/stores/try-timeout.ts";

let server: Server | undefined;

afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

/** A table whose service does as told with each request, the first one first. */
async function tableOf(answers: ((response: ServerResponse) => void)[]): Promise<TableClient> {
  server = createServer((_, response) => answers.shift()?.(response));
  const port = await listenLocally(server, 0);
  return new TableClient(`http://127.0.0.1:${port}/account`, "things", {
    allowInsecureConnection: true,
    additionalPolicies: [tryTimeout(200)],
    retryOptions: { maxRetries: 2, retryDelayInMs: 1, maxRetryDelayInMs: 2 },
  });
}

const silence = (): void => undefined;
const begin = (response: ServerResponse): void => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
  response.write("{");
};
const answer = (response: ServerResponse): void => {
  response.writeHead(200, { "content-type": "application/json" });
  response.end('{"partitionKey":"p","rowKey":"r"}');
};

test.each([
  ["nothing comes", silence],
  ["an answer begins and does not end", begin],
])("a try is ended when %s, and the next one is answered", async (_, first) => {
  const table = await tableOf([first, answer]);

  expect(await table.getEntity("p", "r")).toMatchObject({ rowKey: "r" });
});

test("a request whose every try is silent fails, and says why", async () => {
  const answers = [silence, silence, silence, answer];
  const table = await tableOf(answers);

  await expect(table.getEntity("p", "r")).rejects.toMatchObject({
    code: "ETIMEDOUT",
    message: "There was no answer within 0.2 s",
  });
  expect(answers).toHaveLength(1);
});
