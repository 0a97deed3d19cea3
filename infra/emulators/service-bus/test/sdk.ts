import {
  type RetryOptions,
  ServiceBusClient,
  type ServiceBusReceivedMessage,
  type ServiceBusReceiver,
} from "@azure/service-bus";
import { onTestFinished } from "vitest";
import type { NamespaceConfig } from "../src/broker/types.ts";
import { manualClock } from "../src/clock.ts";
import { type ServiceBusServer, startServiceBus } from "../src/server.ts";
import { aNamespaceConfig } from "./builders.ts";

/** A broker whose clock the test moves, and a client of the unmodified SDK, until the test ends. */
export async function startBus(over: Partial<NamespaceConfig> = {}) {
  // The SDK compares what the broker says with its own clock.
  const clock = manualClock(Date.now());
  const server = await startServiceBus({ config: aNamespaceConfig(over), clock });
  // Undone last first: a client that has lost its broker takes a minute to close.
  onTestFinished(server.stop);
  const client = connect(server);
  return { server, client, clock, namespace: server.namespace };
}

/** Another client, which gives up at the first failure unless told otherwise. */
export function connect(
  { connectionString }: ServiceBusServer,
  retryOptions: RetryOptions = {},
): ServiceBusClient {
  const client = new ServiceBusClient(connectionString, {
    retryOptions: { maxRetries: 0, retryDelayInMs: 1, timeoutInMs: 20_000, ...retryOptions },
  });
  onTestFinished(() => client.close());
  return client;
}

/** Receives as many as the test expects, however they come. */
export async function receive(
  receiver: ServiceBusReceiver,
  count: number,
): Promise<ServiceBusReceivedMessage[]> {
  const all: ServiceBusReceivedMessage[] = [];
  while (all.length < count) {
    all.push(...(await receiver.receiveMessages(count - all.length)));
  }
  return all;
}

export async function receiveOne(receiver: ServiceBusReceiver): Promise<ServiceBusReceivedMessage> {
  const [message] = await receive(receiver, 1);
  return message as ServiceBusReceivedMessage;
}

/** The SDK's code for what went wrong. */
export async function codeOf(failing: Promise<unknown>): Promise<unknown> {
  try {
    await failing;
  } catch (error) {
    return (error as { code?: string }).code ?? error;
  }
  return "no error";
}
