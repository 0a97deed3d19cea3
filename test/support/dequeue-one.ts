import { dequeueDeliveries } from "../../src/domain/deliveries/dequeue-deliveries.ts";

/** One delivery, as a client takes it that does not say how many; null when nothing waits. */
export async function dequeueOne(
  ports: Parameters<typeof dequeueDeliveries>[0],
  input: Omit<Parameters<typeof dequeueDeliveries>[1], "max">,
) {
  const [taken] = await dequeueDeliveries(ports, { ...input, max: 1 });
  return taken ?? null;
}
