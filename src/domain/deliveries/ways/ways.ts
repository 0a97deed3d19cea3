import { z } from "zod";
import { mustHaveKind } from "../../../formats/kinds.ts";
import { connectorWay, ViaConnector } from "./connector.ts";
import { topicWay, ViaTopic } from "./topic.ts";
import type { Way } from "./way.ts";
import { ViaWebhook, webhookWay } from "./webhook.ts";

/** Every way of delivery: its schema in a definition, and its implementation. Each has one file, and one line in each list. */
const VIA = [ViaConnector, ViaTopic, ViaWebhook] as const;
const WAYS: { readonly [Kind in Via["kind"]]: Way<Extract<Via, { kind: Kind }>> } = {
  connector: connectorWay,
  topic: topicWay,
  webhook: webhookWay,
};

export const Via = z
  .discriminatedUnion("kind", VIA, { error: mustHaveKind(VIA) })
  .describe("How the files are delivered.");
export type Via = z.infer<typeof Via>;

/** The way that a definition names. */
export function wayOf(via: Via): Way<Via> {
  return WAYS[via.kind];
}
