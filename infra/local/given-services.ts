import { TableServiceClient } from "@azure/data-tables";
import { ServiceBusClient } from "@azure/service-bus";
import { BlobServiceClient } from "@azure/storage-blob";
import type { StackOptions } from "./stack.ts";

/**
 * Refuses a connection string that its SDK cannot read, before anything starts. The SDK's error is dropped: it speaks
 * of the SDK's own code, or repeats a part of the string.
 *
 * @throws Error that names the option
 */
export function requireReadable({ storage, serviceBus }: StackOptions): void {
  if (storage !== undefined) {
    requireMade("--storage", () => {
      BlobServiceClient.fromConnectionString(storage);
      TableServiceClient.fromConnectionString(storage, { allowInsecureConnection: true });
    });
  }
  if (serviceBus !== undefined) {
    requireMade("--service-bus", () => void new ServiceBusClient(serviceBus));
  }
}

function requireMade(option: string, make: () => void): void {
  try {
    make();
  } catch {
    throw new Error(`Cannot start: the value of ${option} is not a connection string`);
  }
}
