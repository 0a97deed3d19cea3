import { type CloudEvent, HTTP } from "cloudevents";
import { expect, test } from "vitest";
import {
  WEBHOOK_BODIES,
  type WebhookBodyKind,
  type WebhookFacts,
  webhookBody,
} from "../../../../src/domain/deliveries/webhook/webhook-body.ts";
import { aPublishedFile, webhookFacts } from "./webhook-facts.ts";

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects
function contentOf(kind: WebhookBodyKind, changes: Partial<WebhookFacts> = {}): any {
  return JSON.parse(webhookBody(kind, webhookFacts(changes)).bytes.toString());
}

test("metadata is the topic's event, with the number before it for this subscription", () => {
  const { properties, ...event } = contentOf("metadata");

  expect(event).toEqual({
    blobType: "Shop.Items",
    correlationId: aPublishedFile().correlationId,
    contentType: "text/csv",
    contentEncoding: "gzip",
    uri: aPublishedFile().uri,
  });
  expect(properties).toMatchObject({ sequence: 17, previousSequence: 15, repeated: false });
  expect(properties).toMatchObject({ entity: "Items", records: 42, mode: "incremental" });
});

test("the cloudevents SDK reads the structured form, whose dataref is the link", () => {
  const { contentType, bytes } = webhookBody("cloudevent", webhookFacts());
  const event = HTTP.toEvent({
    headers: { "content-type": contentType },
    body: bytes.toString(),
  }) as CloudEvent<unknown>;

  expect(event).toMatchObject({
    id: "Shop.Items:17",
    type: "waybill.file-available",
    source: "/file-types/Shop.Items",
    subject: "Shop.Items",
    dataref: webhookFacts().link?.url,
    datarefexpiresat: "2026-03-01T11:00:00.000Z",
    sequence: "17",
    data: { blobType: "Shop.Items", properties: { sequence: 17, previousSequence: 15 } },
  });
  // strict: attribute names and values keep the rules of CloudEvents
  expect(event.validate()).toBe(true);
});

test("business-event is the envelope of Dynamics 365, members by name, with the export's two", () => {
  const content = contentOf("business-event");

  expect(Object.keys(content)).toEqual(Object.keys(content).sort());
  expect(content).toMatchObject({
    BusinessEventId: "WaybillDataExportBusinessEvent",
    BusinessEventLegalEntity: "USMF",
    ContextRecordSubject: "",
    ControlNumber: 1_772_359_200_123_017,
    EventId: "0195512F-4C0B-8ABC-A123-0123456789AB",
    EventTime: "/Date(1772359200123)/",
    EventTimeIso8601: "2026-03-01T10:00:00.1230000Z",
    InitiatingUserAADObjectId: "{00000000-0000-0000-0000-000000000000}",
    MajorVersion: 0,
    MinorVersion: 0,
    ParentContextRecordSubjects: [],
    EntityName: "Items",
    DownloadURL: webhookFacts().link?.url,
    DownloadURLExpiresAt: "2026-03-01T11:00:00.000Z",
    FileName: "7e06807f-ce820821.csv",
    Sequence: 17,
    PreviousSequence: 15,
  });
  expect(Number.isSafeInteger(content.ControlNumber)).toBe(true);
});

test("an attempt that repeats says so; its id, event id and control number stay", () => {
  const again = { isRepeated: true };

  expect(contentOf("metadata", again).properties.repeated).toBe(true);
  expect(contentOf("cloudevent", again).data.properties.repeated).toBe(true);
  expect(contentOf("cloudevent", again).id).toBe(contentOf("cloudevent").id);
  expect(contentOf("business-event", again)).toEqual({
    ...contentOf("business-event"),
    Repeated: true,
  });
});

test("a test event says so in every body", () => {
  const isTest = { isTest: true };

  expect(contentOf("metadata", isTest).properties.test).toBe(true);
  expect(contentOf("cloudevent", isTest).data.properties.test).toBe(true);
  expect(contentOf("business-event", isTest).Test).toBe(true);
});

test("the length that is announced counts bytes, whatever characters the body holds", () => {
  const file = aPublishedFile({ entity: "Ärtikel \u2028 / 😀", records: 2 ** 53 - 1 });
  for (const kind of WEBHOOK_BODIES) {
    const { bytes } = webhookBody(kind, webhookFacts({ file }));

    expect(bytes.toString()).toContain("Ärtikel \u2028 / 😀");
    expect(bytes.toString()).toContain("9007199254740991");
    expect(bytes.byteLength).toBeGreaterThan(bytes.toString().length);
  }
});
