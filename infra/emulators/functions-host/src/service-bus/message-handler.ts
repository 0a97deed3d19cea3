import { randomUUID } from "node:crypto";
import type { ServiceBusClient, ServiceBusReceivedMessage } from "@azure/service-bus";
import type { TypedData } from "../core-types.ts";
import type { HostFunction } from "../host-function.ts";
import type { HostJson } from "../host-json.ts";
import type { InvokeFunction } from "../listener.ts";
import type { HostLog } from "../log.ts";
import { batchData, batchMetadata, messageData, messageMetadata } from "./message-metadata.ts";
import type { Settler } from "./settlement.ts";

/** What a Service Bus trigger listens to, and how. */
export interface MessageSource {
  readonly target: HostFunction;
  /** A queue, or a topic with a subscription. */
  readonly entity: { readonly name: string; readonly subscription: string | undefined };
  readonly options: HostJson["extensions"]["serviceBus"];
  readonly autoComplete: boolean;
  readonly isBinary: boolean;
  /** The worker's capability IncludeEmptyEntriesInMessagePayload. */
  readonly includeEmpty: boolean;
}

export interface MessagePorts {
  readonly client: ServiceBusClient;
  readonly log: HostLog;
  readonly invoke: InvokeFunction;
}

const REASON = "(null)";

/** Runs the function with one message and settles the message: completed on success, abandoned on failure. */
export async function handleMessage(
  ports: MessagePorts,
  source: MessageSource,
  about: { message: ServiceBusReceivedMessage; settle: Settler },
): Promise<void> {
  const { message, settle } = about;
  const isSuccess = await invoke(ports, source, {
    data: messageData(message, source.isBinary),
    metadata: messageMetadata(message),
  });
  await settleAll(ports, source, { messages: [message], settle, isSuccess });
}

/** Runs the function with a batch and settles all of its messages alike. */
export async function handleBatch(
  ports: MessagePorts,
  source: MessageSource,
  about: { messages: readonly ServiceBusReceivedMessage[]; settle: Settler },
): Promise<void> {
  const { messages, settle } = about;
  const isSuccess = await invoke(ports, source, {
    data: batchData(messages, source),
    metadata: batchMetadata(messages, source),
  });
  await settleAll(ports, source, { messages, settle, isSuccess });
}

async function invoke(
  ports: MessagePorts,
  { target }: MessageSource,
  input: { data: TypedData; metadata: Record<string, TypedData> },
): Promise<boolean> {
  const request = {
    invocationId: randomUUID(),
    inputData: [{ name: target.trigger.name, data: input.data }],
    triggerMetadata: input.metadata,
  };
  try {
    await ports.invoke(target, request, REASON);
    return true;
  } catch {
    return false;
  }
}

/** As on the platform, a failed message is abandoned whatever `autoCompleteMessages` says. */
async function settleAll(
  { log }: MessagePorts,
  source: MessageSource,
  about: { messages: readonly ServiceBusReceivedMessage[]; settle: Settler; isSuccess: boolean },
): Promise<void> {
  const { messages, settle, isSuccess } = about;
  if (isSuccess && !source.autoComplete) {
    return;
  }
  const verb = isSuccess ? "complete" : "abandon";
  const settlements = await Promise.allSettled(messages.map((message) => settle[verb](message)));
  for (const [index, settlement] of settlements.entries()) {
    if (settlement.status === "rejected") {
      log.error(
        `Cannot ${verb} message "${messages[index]?.messageId}" of function "${source.target.name}": ${settlement.reason}`,
        { functionName: source.target.name },
      );
    }
  }
}
