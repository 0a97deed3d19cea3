import type { ServiceBusSender } from "@azure/service-bus";
import type { BindingInfo, InvocationResponse, TypedData } from "../core-types.ts";
import { type HostFunction, textOption } from "../host-function.ts";
import { resolveSettings, type Settings } from "../settings.ts";
import type { ServiceBusClients } from "./clients.ts";

export interface OutputPorts {
  readonly clients: ServiceBusClients;
  readonly settings: Settings;
}

/** Writes what functions leave in their Service Bus outputs. */
export interface Outputs {
  /** @throws Error for an output of a kind that is not emulated; what sending throws */
  deliver(target: HostFunction, response: InvocationResponse): Promise<void>;
}

/** Sends one message for a value, and one for each element of an array, in order. */
export function outputs(ports: OutputPorts): Outputs {
  const senders = new Map<string, Promise<ServiceBusSender>>();
  return {
    async deliver(target, response) {
      for (const [name, data] of writtenOutputs(target, response)) {
        const binding = target.metadata.bindings[name] ?? {};
        if (!/^servicebus$/i.test(binding.type ?? "")) {
          throw new Error(`Output "${name}" (${binding.type}) is not emulated`);
        }
        const sender = await senderOf(ports, senders, binding);
        for (const body of messageBodies(data)) {
          await sender.sendMessages(body);
        }
      }
    },
  };
}

/** HTTP answers go another way; a return value without a binding goes nowhere. */
function writtenOutputs(
  { metadata }: HostFunction,
  { outputData, returnValue }: InvocationResponse,
): [name: string, data: TypedData][] {
  const written: [string, TypedData | null | undefined][] = [
    ...(outputData ?? []).map(({ name, data }): [string, TypedData] => [name, data]),
    ["$return", returnValue],
  ];
  return written.filter((entry): entry is [string, TypedData] => {
    const binding = metadata.bindings[entry[0]];
    const hasValue = entry[1] !== null && entry[1] !== undefined;
    return hasValue && binding?.direction === "out" && !/^http$/i.test(binding.type ?? "");
  });
}

function senderOf(
  { clients, settings }: OutputPorts,
  senders: Map<string, Promise<ServiceBusSender>>,
  binding: BindingInfo,
): Promise<ServiceBusSender> {
  const connection = textOption(binding, "connection");
  const entity = resolveSettings(
    settings,
    textOption(binding, "queueName") ?? textOption(binding, "topicName") ?? "",
  );
  const key = `${connection} ${entity}`;
  const sender =
    senders.get(key) ?? clients.clientFor(connection).then((client) => client.createSender(entity));
  senders.set(key, sender);
  return sender;
}

/** Bodies are bytes, so that the SDK does not put JSON quotes around a text. */
export function messageBodies(data: TypedData): { body: Buffer; contentType: string }[] {
  if (data.bytes !== undefined) {
    return [{ body: Buffer.from(data.bytes), contentType: "application/octet-stream" }];
  }
  const value: unknown = data.json === undefined ? undefined : JSON.parse(data.json);
  const texts = Array.isArray(value)
    ? value.filter((each) => each !== null).map(elementText)
    : [data.string ?? data.json ?? String(data.int ?? data.double ?? "")];
  return texts.map((text) => ({ body: Buffer.from(text), contentType: "text/plain" }));
}

function elementText(element: unknown): string {
  return typeof element === "string" ? element : JSON.stringify(element);
}
