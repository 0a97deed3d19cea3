import { expect, test } from "vitest";
import { readConnections } from "../../../src/connection-settings.ts";
import { blobConnection, blobService } from "../../../src/systems/blob/connection.ts";

const KEY = Buffer.alloc(64, 7).toString("base64");
const ACCOUNT = `DefaultEndpointsProtocol=https;AccountName=shop;AccountKey=${KEY};EndpointSuffix=core.windows.net`;
const SIGNED =
  "BlobEndpoint=https://shop.blob.core.windows.net;SharedAccessSignature=sv=2024-11-04&sig=abc%3D";
const URL_OF = "https://shop.blob.core.windows.net";
const json = (members: object): string => JSON.stringify({ kind: "blob", ...members });

test.each([
  ["a connection string", ACCOUNT, `${URL_OF}/`],
  ["a connection string with a signature", SIGNED, `${URL_OF}/?sv=2024-11-04&sig=abc%3D`],
  ["the app's identity", json({ accountUrl: URL_OF }), `${URL_OF}/`],
  [
    "a signature",
    json({ accountUrl: URL_OF, sas: "sv=2024-11-04&sr=c&sig=abc%3D" }),
    `${URL_OF}/?sv=2024-11-04&sr=c&sig=abc%3D`,
  ],
  [
    "an emulator on this machine",
    `DefaultEndpointsProtocol=http;AccountName=a;AccountKey=${KEY};BlobEndpoint=http://127.0.0.1:10000/a;`,
    "http://127.0.0.1:10000/a",
  ],
])("a storage account is reached by %s", (_, setting, url) => {
  const { connections, connectionProblems } = readConnections(
    new Map([["CONNECTION_FILES", setting]]),
  );
  const connection = blobConnection.read(setting);

  expect(connectionProblems).toEqual([]);
  expect(connections.get("files")).toEqual(connection);
  expect(connection?.kind).toBe("blob");
  expect(blobService(connection as never).url).toBe(url);
});

test.each([
  ["no account", "DefaultEndpointsProtocol=https;AccountName=shop"],
  [
    "another server without https",
    `DefaultEndpointsProtocol=http;AccountName=shop;AccountKey=${KEY};BlobEndpoint=http://storage.example/shop;`,
  ],
  ["a host of the inside without https", json({ accountUrl: "http://169.254.169.254/metadata" })],
  ["a signature in the address", json({ accountUrl: `${URL_OF}?sv=1&sig=hunter2` })],
  ["a user in the address", json({ accountUrl: "https://user:hunter2@shop.example" })],
  ["a signature without its proof", json({ accountUrl: URL_OF, sas: "sv=2024-11-04" })],
  ["a signature that leads elsewhere", json({ accountUrl: URL_OF, sas: "sig=hunter2#@other" })],
  ["an unknown member", json({ accountUrl: URL_OF, key: "hunter2" })],
])("%s makes a connection unusable, and its value is not repeated", (_, setting) => {
  const { connectionProblems } = readConnections(new Map([["CONNECTION_FILES", setting]]));

  expect(connectionProblems).toHaveLength(1);
  expect(connectionProblems[0]).toContain("a connection string of a storage account such as ");
  expect(connectionProblems[0]).not.toContain("hunter2");
});
