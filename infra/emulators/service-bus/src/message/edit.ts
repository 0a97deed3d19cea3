import type { AmqpValue, CorrelationProperties, MessageEdits } from "../broker/types.ts";
import { type Message, PROPERTY_POSITIONS, SECTION, systemProperties } from "./message.ts";
import { encodeDescribed } from "./value-writer.ts";

const NULL: AmqpValue = { type: "null", value: null };

/** The message with properties set or removed. Changed sections are encoded anew. */
export function editMessage(message: Message, edits: MessageEdits): Message {
  return editApplicationProperties(editProperties(message, edits.system), edits);
}

function editProperties(message: Message, edits: MessageEdits["system"]): Message {
  const changes = Object.entries(edits);
  if (changes.length === 0) {
    return message;
  }
  const properties = [...message.properties];
  for (const [name, text] of changes) {
    const position = PROPERTY_POSITIONS[name as keyof CorrelationProperties];
    while (properties.length <= position) {
      properties.push(NULL);
    }
    properties[position] = text === null || text === undefined ? NULL : propertyValue(name, text);
  }
  return {
    ...message,
    properties,
    system: systemProperties(properties),
    bytes: {
      ...message.bytes,
      properties: encodeDescribed(SECTION.properties, { type: "list", value: properties }),
    },
  };
}

function propertyValue(name: string, text: string): AmqpValue {
  return name === "contentType" ? { type: "symbol", value: text } : { type: "string", value: text };
}

function editApplicationProperties(message: Message, edits: MessageEdits): Message {
  if (edits.applicationProperties.size === 0) {
    return message;
  }
  const applicationProperties = new Map(message.applicationProperties);
  for (const [name, value] of edits.applicationProperties) {
    if (value === null) {
      applicationProperties.delete(name);
    } else {
      applicationProperties.set(name, value);
    }
  }
  const entries = [...applicationProperties].map(([name, value]): [AmqpValue, AmqpValue] => [
    { type: "string", value: name },
    value,
  ]);
  return {
    ...message,
    applicationProperties,
    bytes: {
      ...message.bytes,
      applicationProperties: encodeDescribed(SECTION.applicationProperties, {
        type: "map",
        value: entries,
      }),
    },
  };
}
