import { app, type InvocationContext } from "@azure/functions";
import topology from "../../infra/topology.json" with { type: "json" };
import type { Ports } from "../domain/ports.ts";
import { explainDeadLetter } from "../domain/ticks/dead-letter.ts";

/** The part of a queue, or of a subscription, that holds what was set aside. It has no sessions. */
const SET_ASIDE = "/$deadletterqueue";

/** Empties the dead letters of Waybill's own queues: each is logged, and what it asks for is owed elsewhere. */
export function registerDeadLetters(ports: Ports): void {
  for (const queue of Object.values(topology.queues)) {
    app.serviceBusQueue(`dead-letters-${queue}`, {
      connection: "ServiceBus",
      queueName: queue + SET_ASIDE,
      handler: async (body, context) => explain(ports, queue, { body, context }),
    });
  }
  const { fanOut } = topology.subscriptions;
  app.serviceBusTopic(`dead-letters-${fanOut}`, {
    connection: "ServiceBus",
    topicName: topology.topics.fileAvailable,
    subscriptionName: fanOut + SET_ASIDE,
    handler: async (body, context) => explain(ports, fanOut, { body, context }),
  });
}

function explain(
  ports: Ports,
  queue: string,
  { body, context }: { body: unknown; context: InvocationContext },
): void {
  const { messageId, applicationProperties } = context.triggerMetadata ?? {};
  // the broker notes why among the sender's own properties; the library lets their names begin with a small letter
  const why = (applicationProperties ?? {}) as Readonly<Record<string, unknown>>;
  explainDeadLetter(ports, {
    queue,
    messageId: textOf(messageId),
    reason: textOf(why.deadLetterReason),
    description: textOf(why.deadLetterErrorDescription),
    body,
  });
}

function textOf(value: unknown): string | null {
  return typeof value === "string" ? value : null;
}
