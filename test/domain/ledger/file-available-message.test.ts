import { CloudEvent } from "cloudevents";
import { expect, test } from "vitest";
import { fileAvailableMessage } from "../../../src/domain/ledger/announce-entries.ts";
import { FileAvailableEvent } from "../../../src/domain/ledger/file-available.ts";
import { aFile } from "../../support/file.ts";

const entry = {
  ...aFile({ sequence: 17 }),
  originId: "run",
  nextCursor: "secret to partners",
  deletedAt: null,
};

test("the announcement is the event that partners know, and says nothing else of the ledger", () => {
  const { body } = fileAvailableMessage(entry);

  expect(body).toEqual({
    blobType: "Shop.ItemChanges",
    correlationId: "7e06807f-674f-4199-9140-a97b897dbaee",
    contentType: "application/x-jsonlines",
    contentEncoding: "gzip",
    uri: entry.uri,
    properties: {
      entity: "Items",
      records: 10,
      bytes: 100,
      sha256: "0".repeat(64),
      sequence: 17,
      mode: "incremental",
      from: "1",
      to: "2",
    },
  });
  expect(FileAvailableEvent.parse(body)).toEqual(body);
});

test("an uncompressed file has no contentEncoding, and a forced full one says why", () => {
  const { body } = fileAvailableMessage({
    ...entry,
    contentEncoding: null,
    mode: "full",
    fullBecause: "the source was restored",
  });

  expect(body).not.toHaveProperty("contentEncoding");
  expect(body.properties).toMatchObject({ mode: "full", fullBecause: "the source was restored" });
});

test("the same entry makes the same message, and the next entry another id", () => {
  expect(fileAvailableMessage(entry)).toEqual(fileAvailableMessage(entry));
  expect(fileAvailableMessage({ ...entry, sequence: 18 }).messageId).not.toBe(
    fileAvailableMessage(entry).messageId,
  );
});

test("the message's attributes are a CloudEvent to the CloudEvents SDK", () => {
  const { applicationProperties, body } = fileAvailableMessage(entry);
  const attributes = Object.fromEntries(
    Object.entries(applicationProperties)
      .filter(([name]) => name.startsWith("cloudEvents:"))
      .map(([name, value]) => [name.slice("cloudEvents:".length), value]),
  );

  const event = new CloudEvent({ ...attributes, data: body } as never, true);

  expect(event.validate()).toBe(true);
  expect(event).toMatchObject({ id: "Shop.ItemChanges:17", type: "waybill.file-available" });
});

test("the trace joins the run and the file", () => {
  const { applicationProperties } = fileAvailableMessage(entry);

  expect(applicationProperties.traceparent).toBe(
    "00-7e06807f674f41999140a97b897dbaee-ce8208218215427a-01",
  );
});
