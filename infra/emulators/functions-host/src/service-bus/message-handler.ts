import { randomUUID } from "node:crypto";
import type { ServiceBusClient, ServiceBusReceivedMessage } from "@azure/service-bus";
import type { HostFunction } from "../host-function.ts";
import type { HostJson } from "../host-json.ts";
import type { InvokeFunction } from "../listener.ts";
import type { HostLog } from "../log.ts";
import { messageData, messageMetadata } from "./message-metadata.ts";
import type { Settler } from "./settlement.ts";

/** Source of a Service Bus trigger's messages, and its options. */
export interface MessageSource {
  readonly target: HostFunction;
  /** A queue, or a topic with a subscription. */
  readonly entity: { readonly name: string; readonly subscription: string | undefined };
  readonly options: HostJson["extensions"]["serviceBus"];
}

export interface MessagePorts {
  readonly client: ServiceBusClient;
  readonly log: HostLog;
  readonly invoke: InvokeFunction;
}

const REASON = "(null)";

/** Runs the function with a message and settles it: completed on success, abandoned on failure. */
export async function handleMessage(
  ports: MessagePorts,
  { target }: MessageSource,
  about: { message: ServiceBusReceivedMessage; settle: Settler },
): Promise<void> {
  const { message, settle } = about;
  const isSuccess = await invoke(ports, target, message);
  const verb = isSuccess ? "complete" : "abandon";
  try {
    await settle[verb](message);
  } catch (error) {
    ports.log.error(
      `Cannot ${verb} message "${message.messageId}" of function "${target.name}": ${error}`,
      { functionName: target.name },
    );
  }
}

async function invoke(
  ports: MessagePorts,
  target: HostFunction,
  message: ServiceBusReceivedMessage,
): Promise<boolean> {
  const request = {
    invocationId: randomUUID(),
    inputData: [{ name: target.trigger.name, data: messageData(message) }],
    triggerMetadata: messageMetadata(message),
  };
  try {
    await ports.invoke(target, request, REASON);
    return true;
  } catch {
    return false;
  }
}
