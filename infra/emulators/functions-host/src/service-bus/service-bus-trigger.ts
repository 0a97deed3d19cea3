import { randomUUID } from "node:crypto";
import { type HostFunction, textOption } from "../host-function.ts";
import type { HostJson } from "../host-json.ts";
import type { InvokeFunction, Listener } from "../listener.ts";
import type { HostLog } from "../log.ts";
import { resolveSettings, type Settings } from "../settings.ts";
import { onceReachable } from "./await-broker.ts";
import type { ServiceBusClients } from "./clients.ts";
import type { MessageSource } from "./message-handler.ts";
import { sessionListener } from "./session-listener.ts";
import { singleListener } from "./single-listener.ts";

export interface ServiceBusTriggerPorts {
  readonly clients: ServiceBusClients;
  readonly settings: Settings;
  readonly options: HostJson["extensions"]["serviceBus"];
  readonly log: HostLog;
  readonly invoke: InvokeFunction;
}

/**
 * Makes the listener of a function with a queue or topic trigger.
 *
 * @throws Error when the entity or the connection is not configured
 */
export async function serviceBusTrigger(
  ports: ServiceBusTriggerPorts,
  target: HostFunction,
): Promise<Listener> {
  const { binding } = target.trigger;
  const source = messageSource(ports, target);
  const { client, text } = await ports.clients.clientFor(textOption(binding, "connection"));
  const messagePorts = { client, log: ports.log, invoke: ports.invoke };
  const listener =
    binding.isSessionsEnabled === true
      ? sessionListener(messagePorts, source)
      : singleListener(messagePorts, source);
  return onceReachable(listener, {
    connectionString: text,
    onError: (error) =>
      ports.log.warn(`Service Bus (connection): ${error}`, { functionName: target.name }),
  });
}

/** Runs the function by hand with a text as the body of a message without properties. */
export async function invokeWithText(
  invoke: InvokeFunction,
  target: HostFunction,
  input: string,
): Promise<void> {
  const request = {
    invocationId: randomUUID(),
    inputData: [{ name: target.trigger.name, data: { string: input } }],
    triggerMetadata: {},
  };
  await invoke(target, request, "This function was programmatically called");
}

function messageSource(ports: ServiceBusTriggerPorts, target: HostFunction): MessageSource {
  const { binding } = target.trigger;
  const resolved = (name: string) => {
    const value = textOption(binding, name);
    return value === undefined ? undefined : resolveSettings(ports.settings, value);
  };
  const [queue, topic] = [resolved("queueName"), resolved("topicName")];
  const name = queue ?? topic;
  const subscription = queue === undefined ? resolved("subscriptionName") : undefined;
  if (name === undefined || (queue === undefined && subscription === undefined)) {
    throw new Error("it names neither a queue nor a topic with a subscription");
  }
  return { target, entity: { name, subscription }, options: ports.options };
}
