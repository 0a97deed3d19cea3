import type { Outcome, PropertyChanges } from "../broker/settlement.ts";
import type { AmqpValue } from "../broker/types.ts";
import { mapOf } from "../message/message.ts";
import type { PeerOutcome } from "./shim.ts";

const NO_CHANGES: PropertyChanges = new Map();

/**
 * Reads an AMQP outcome as Service Bus uses it: the annotations of "modified" and the info of "rejected" are
 * application properties to set.
 */
export function settlementOf({ kind, fields }: PeerOutcome): Outcome {
  switch (kind) {
    case "accepted":
      return { kind: "complete" };
    case "released":
      return { kind: "release" };
    case "modified": {
      const undeliverableHere = fields[1]?.value === true;
      return { kind: undeliverableHere ? "defer" : "abandon", properties: changesIn(fields[2]) };
    }
    case "rejected":
      return deadLetterOf(fields[0]);
  }
}

function deadLetterOf(error: AmqpValue | undefined): Outcome {
  const list = error?.type === "described" ? error.value : error;
  const info = list?.type === "list" ? list.value[2] : undefined;
  const properties = new Map(changesIn(info));
  const reason = textIn(properties, "DeadLetterReason");
  const description = textIn(properties, "DeadLetterErrorDescription");
  return { kind: "dead-letter", reason, description, properties };
}

function textIn(properties: Map<string, AmqpValue | null>, name: string): string | null {
  const value = properties.get(name);
  properties.delete(name);
  return value?.type === "string" ? value.value : null;
}

/** Application properties to set, from a map of them; an empty value is set as such. */
export function changesIn(map: AmqpValue | undefined): PropertyChanges {
  return map?.type === "map" ? mapOf(map) : NO_CHANGES;
}
