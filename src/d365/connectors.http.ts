import { z } from "zod";
import type { ConnectorOf } from "../domain/definitions/definitions.ts";
import { type Dequeued, dequeueDeliveries } from "../domain/deliveries/dequeue-deliveries.ts";
import { releaseDelivery } from "../domain/deliveries/release-delivery.ts";
import type { Ports } from "../domain/ports.ts";
import { door } from "../functions/http/door.ts";
import { makeLongPoll } from "../functions/http/long-poll.ts";
import { whenClientGone } from "../functions/http/open-responses.ts";
import { preferredWaitSeconds } from "../functions/http/prefer.ts";
import { DequeueManyResponse, DequeueQuery, DequeueResponse } from "./connector-api.ts";
import { atConnector } from "./connector-door.ts";
import { deliveryFacts, factsOfFile } from "./delivery-facts.ts";

const longPoll = makeLongPoll();

const APPLIED = {
  "Preference-Applied":
    "`wait=20`, when the preference was heeded; without it the answer came at once.",
} as const;

/**
 * The pull side of the connector API, wire-compatible with Dynamics 365's recurring integrations. Additions to it
 * answer only clients that ask for them.
 *
 * @see https://learn.microsoft.com/dynamics365/fin-ops-core/dev-itpro/data-entities/recurring-integrations
 */
export const dequeue = door({
  ...atConnector("dequeue", "export"),
  method: "get",
  summary: "Lease the next file",
  description:
    "Hidden from the next dequeue until it is acknowledged or its lease ends. Without `max` the answer is one message. Unknown query parameters are ignored.",
  query: DequeueQuery,
  headers: {
    Prefer: "`wait=20` waits up to so many seconds (30 at most) for a file to come (RFC 7240).",
  },
  answers: {
    200: {
      description: "One message; with `max` a list of them.",
      json: z.union([DequeueResponse, DequeueManyResponse]),
      optionalHeaders: APPLIED,
    },
    204: { description: "Nothing waits.", optionalHeaders: APPLIED },
  },
  handle: async (ports, call) => {
    const { connectorId, connector } = call.subject;
    const { max } = call.query;
    const waitSeconds = preferredWaitSeconds(call.headers.get("prefer"));
    const gone = whenClientGone(call.invocationId);
    const { answer, waited } = await longPoll(
      async () => {
        const taken = await dequeueDeliveries(ports, {
          queueId: connectorId,
          connector,
          max: max ?? 1,
        });
        return taken.length === 0 ? null : taken;
      },
      { ms: waitSeconds * 1_000, gone },
    );
    const headers = {
      "Cache-Control": "no-store",
      ...(waited ? { "Preference-Applied": `wait=${waitSeconds}` } : {}),
    };
    if (answer === null || gone.aborted) {
      await giveBack(ports, connector, answer ?? []);
      return { status: 204, headers };
    }
    for (const { delivery } of answer) {
      ports.log("delivery-dequeued", deliveryFacts(call.caller, delivery));
    }
    const deliveries = answer.map((taken) => dequeueResponse(taken, ports.site.publicBaseUrl));
    const [first] = deliveries;
    const json = max === undefined && first !== undefined ? first : { value: deliveries };
    return { status: 200, headers, json };
  },
});

/**
 * Gives back deliveries that were taken for a client that has gone, so that they need not wait until the lease ends.
 */
async function giveBack(
  ports: Ports,
  connector: ConnectorOf<"export">,
  taken: readonly Dequeued[],
): Promise<void> {
  for (const { delivery, receipt } of taken) {
    const { queueId, id: deliveryId } = delivery;
    await releaseDelivery(ports, { queueId, deliveryId, receipt, delayMs: 0, connector });
  }
}

function dequeueResponse(taken: Dequeued, publicBaseUrl: string): DequeueResponse {
  const { delivery, receipt, previouslyAt } = taken;
  const query = new URLSearchParams({ "correlation-id": delivery.id, blob: delivery.file.fileId });
  return {
    CorrelationId: delivery.id,
    PopReceipt: receipt,
    DownloadLocation: `${publicBaseUrl}/api/connector/download/${delivery.queueId}?${query}`,
    IsDownLoadFileExist: true,
    FileDownLoadErrorMessage: null,
    LastDequeueDateTime: previouslyAt?.toISOString() ?? null,
    ...factsOfFile(delivery),
  };
}
