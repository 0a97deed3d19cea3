import { BrokerError } from "../broker/errors.ts";
import type { AmqpValue, ApplicationProperties, CorrelationProperties } from "../broker/types.ts";
import { type Cursor, readValue, skipValue } from "./value-reader.ts";

/**
 * A message, parsed only as far as the broker needs. The sender's bytes are kept and passed on, so that no type is
 * lost.
 *
 * @see http://docs.oasis-open.org/amqp/core/v1.0/os/amqp-core-messaging-v1.0-os.html#section-message-format
 */
export interface Message {
  readonly durable: boolean;
  readonly priority: number | null;
  readonly timeToLiveMs: number | null;
  /** The sender's annotations, without those that only the broker may set. */
  readonly annotations: ReadonlyMap<string, AmqpValue>;
  /** The fields of the properties section by position; may be shorter than the section. */
  readonly properties: readonly AmqpValue[];
  readonly system: Readonly<Partial<CorrelationProperties>>;
  readonly applicationProperties: ApplicationProperties;
  /** Whole encoded sections; empty when absent. `body` includes the footer. */
  readonly bytes: {
    readonly properties: Buffer;
    readonly applicationProperties: Buffer;
    readonly body: Buffer;
  };
  readonly scheduledEnqueueAtMs: number | null;
  /** Size on arrival. */
  readonly sizeBytes: number;
}

/** Section codes, the low byte of their descriptors. */
export const SECTION = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  sequence: 0x76,
  value: 0x77,
  footer: 0x78,
} as const;

const SECTION_SYMBOLS: Readonly<Record<string, number>> = {
  "amqp:header:list": SECTION.header,
  "amqp:delivery-annotations:map": SECTION.deliveryAnnotations,
  "amqp:message-annotations:map": SECTION.messageAnnotations,
  "amqp:properties:list": SECTION.properties,
  "amqp:application-properties:map": SECTION.applicationProperties,
  "amqp:data:binary": SECTION.data,
  "amqp:amqp-sequence:list": SECTION.sequence,
  "amqp:amqp-value:*": SECTION.value,
  "amqp:footer:map": SECTION.footer,
};

/** Positions in the properties section. */
export const PROPERTY_POSITIONS: Readonly<Record<keyof CorrelationProperties, number>> = {
  messageId: 0,
  to: 2,
  subject: 3,
  replyTo: 4,
  correlationId: 5,
  contentType: 6,
  sessionId: 10,
  replyToSessionId: 12,
};

const SCHEDULED_ENQUEUE_TIME = "x-opt-scheduled-enqueue-time";

/** Set by the broker on delivery. A sender that passes on a received message must not forge them. */
const BROKER_ANNOTATIONS: ReadonlySet<string> = new Set([
  "x-opt-sequence-number",
  "x-opt-enqueued-time",
  "x-opt-enqueue-sequence-number",
  "x-opt-locked-until",
  "x-opt-message-state",
  "x-opt-deadletter-source",
]);

interface Sections {
  header: readonly AmqpValue[];
  annotations: ReadonlyMap<string, AmqpValue>;
  properties: readonly AmqpValue[];
  applicationProperties: ReadonlyMap<string, AmqpValue>;
  bytes: { properties: Buffer; applicationProperties: Buffer; body: Buffer };
}

/** Parses a message. @throws BrokerError `malformed-message` */
export function parseMessage(bytes: Buffer): Message {
  const cursor: Cursor = { buffer: bytes, offset: 0 };
  const sections = noSections(bytes);
  while (cursor.offset < bytes.length && sections.bytes.body.length === 0) {
    readSection(cursor, sections);
  }
  return assemble(sections, bytes.length);
}

/**
 * Reads the sections before the body of a message that may be cut off there. @throws BrokerError `malformed-message`
 */
export function parseHead(bytes: Buffer): Message {
  const cursor: Cursor = { buffer: bytes, offset: 0 };
  const sections = noSections(bytes);
  while (cursor.offset < bytes.length && announcedAt(cursor) < SECTION.data) {
    readSection(cursor, sections);
  }
  return assemble(sections, bytes.length);
}

function announcedAt({ buffer, offset }: Cursor): number {
  return readDescriptor({ buffer, offset });
}

function noSections(bytes: Buffer): Sections {
  const empty = bytes.subarray(0, 0);
  return {
    header: [],
    annotations: new Map(),
    properties: [],
    applicationProperties: new Map(),
    bytes: { properties: empty, applicationProperties: empty, body: empty },
  };
}

function readSection(cursor: Cursor, sections: Sections): void {
  const start = cursor.offset;
  const code = readDescriptor(cursor);
  switch (code) {
    case SECTION.header:
      sections.header = listOf(readValue(cursor));
      break;
    case SECTION.deliveryAnnotations:
      skipValue(cursor);
      break;
    case SECTION.messageAnnotations:
      sections.annotations = mapOf(readValue(cursor));
      break;
    case SECTION.properties:
      sections.properties = listOf(readValue(cursor));
      sections.bytes.properties = cursor.buffer.subarray(start, cursor.offset);
      break;
    case SECTION.applicationProperties:
      sections.applicationProperties = mapOf(readValue(cursor));
      sections.bytes.applicationProperties = cursor.buffer.subarray(start, cursor.offset);
      break;
    default:
      cursor.offset = start;
      sections.bytes.body = readBodySections(cursor);
  }
}

function readBodySections(cursor: Cursor): Buffer {
  const start = cursor.offset;
  while (cursor.offset < cursor.buffer.length) {
    if (readDescriptor(cursor) < SECTION.data) {
      throw malformed("a section after the body");
    }
    skipValue(cursor);
  }
  return cursor.buffer.subarray(start);
}

/** Reads the descriptor of a section and leaves the cursor at the section's value. */
export function readDescriptor(cursor: Cursor): number {
  if (cursor.buffer[cursor.offset] !== 0x00) {
    throw malformed("a section without a descriptor");
  }
  cursor.offset += 1;
  const descriptor = readValue(cursor);
  const code =
    descriptor.type === "symbol" ? SECTION_SYMBOLS[descriptor.value] : Number(descriptor.value);
  if (code === undefined || !(code >= SECTION.header && code <= SECTION.footer)) {
    throw malformed(`unknown section "${String(descriptor.value)}"`);
  }
  return code;
}

function assemble(sections: Sections, sizeBytes: number): Message {
  const { header, annotations, properties, applicationProperties, bytes } = sections;
  const scheduled = annotations.get(SCHEDULED_ENQUEUE_TIME);
  return {
    durable: header[0]?.value === true,
    priority: numberOf(header[1]),
    timeToLiveMs: numberOf(header[2]),
    annotations: new Map([...annotations].filter(([name]) => !BROKER_ANNOTATIONS.has(name))),
    properties,
    system: systemProperties(properties),
    applicationProperties,
    bytes,
    scheduledEnqueueAtMs: scheduled?.type === "timestamp" ? scheduled.value : null,
    sizeBytes,
  };
}

export function systemProperties(
  properties: readonly AmqpValue[],
): Readonly<Partial<CorrelationProperties>> {
  const system: { -readonly [Name in keyof CorrelationProperties]?: string } = {};
  for (const [name, position] of Object.entries(PROPERTY_POSITIONS)) {
    const text = textOf(properties[position]);
    if (text !== null) {
      system[name as keyof CorrelationProperties] = text;
    }
  }
  return system;
}

/** A message id may be a number, a GUID or bytes, too; it is compared and shown as text. */
function textOf(value: AmqpValue | undefined): string | null {
  switch (value?.type) {
    case "string":
    case "symbol":
    case "uuid":
      return value.value;
    case "ulong":
      return String(value.value);
    case "binary":
      return value.value.toString("hex");
    default:
      return null;
  }
}

/** A text among the sender's annotations; null when it is missing. */
export function annotationOf(message: Message, name: string): string | null {
  return textOf(message.annotations.get(name));
}

function numberOf(value: AmqpValue | undefined): number | null {
  return typeof value?.value === "number" ? value.value : null;
}

function listOf(value: AmqpValue): readonly AmqpValue[] {
  if (value.type !== "list") {
    throw malformed(`a list expected, ${value.type} found`);
  }
  return value.value;
}

/** The map's entries by the text of their keys; the last of equal keys wins. */
export function mapOf(value: AmqpValue): ReadonlyMap<string, AmqpValue> {
  if (value.type === "null") {
    return new Map();
  }
  if (value.type !== "map") {
    throw malformed(`a map expected, ${value.type} found`);
  }
  return new Map(value.value.map(([key, entry]) => [String(key.value), entry]));
}

function malformed(what: string): BrokerError {
  return new BrokerError("malformed-message", `Cannot read the message: ${what}`);
}
