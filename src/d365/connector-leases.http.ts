import { acknowledgeDelivery } from "../domain/deliveries/acknowledge-delivery.ts";
import type { Delivery } from "../domain/deliveries/delivery.ts";
import { peekDeliveries } from "../domain/deliveries/peek-deliveries.ts";
import type { QueueId } from "../domain/deliveries/queue-id.ts";
import { rejectDelivery } from "../domain/deliveries/reject-delivery.ts";
import { releaseDelivery } from "../domain/deliveries/release-delivery.ts";
import { renewLease } from "../domain/deliveries/renew-lease.ts";
import { addLogFacts } from "../domain/log-facts.ts";
import { jsonBody, lenientJson } from "../functions/http/body.ts";
import { door } from "../functions/http/door.ts";
import {
  AckRequest,
  LeaseRequest,
  type PeekedMessage,
  PeekQuery,
  PeekResponse,
  RejectRequest,
  ReleaseRequest,
  RenewResponse,
} from "./connector-api.ts";
import { atConnector, CONNECTOR_REFUSALS } from "./connector-door.ts";
import { deliveryFacts, factsOfFile } from "./delivery-facts.ts";

const LEASE_REFUSALS = {
  ...CONNECTOR_REFUSALS,
  404: "There is no such connector, it is another application's, or there is no such message at it.",
  409: "The message is not leased, or by somebody else meanwhile; or its file was not fetched, where the connector asks for that.",
} as const;

const DONE = { description: "Done; repeating it changes nothing." } as const;

/** Doors for leases, and for a look at waiting deliveries. */
export const LEASE_DOORS = [
  door({
    ...atConnector("ack", "export"),
    method: "post",
    summary: "End a lease for good: the file has arrived",
    description:
      "The body is the dequeue answer, or any part of it that has the `CorrelationId`; it may also be the bare id. Member names in any case, strings in single quotes or wrapped in quotes once more are read too. Acknowledging twice is fine, and late too, as long as nobody else got the file meanwhile.",
    body: lenientJson(AckRequest, { bareName: "CorrelationId", isRequired: true }),
    answers: { 200: { description: "Acknowledged." } },
    refusals: LEASE_REFUSALS,
    handle: async (ports, { caller, subject, body }) => {
      addLogFacts({ deliveryId: body.CorrelationId });
      const delivery = await acknowledgeDelivery(ports, {
        ...queueOf(subject),
        deliveryId: body.CorrelationId,
        receipt: body.PopReceipt ?? null,
      });
      const isUnfetched = delivery.unfetched === true;
      const event = isUnfetched ? "delivery-acked-unfetched" : "delivery-acked";
      ports.log(event, deliveryFacts(caller, delivery));
      return { status: 200 };
    },
  }),
  door({
    ...atConnector("renew", "export"),
    method: "post",
    summary: "Make a lease end later",
    description: "The receipt stays the same.",
    body: jsonBody(LeaseRequest),
    answers: { 200: { description: "The new end of the lease.", json: RenewResponse } },
    refusals: LEASE_REFUSALS,
    handle: async (ports, { caller, subject, body: { CorrelationId, PopReceipt } }) => {
      addLogFacts({ deliveryId: CorrelationId });
      const lease = { ...queueOf(subject), deliveryId: CorrelationId, receipt: PopReceipt };
      const delivery = await renewLease(ports, lease);
      ports.log("lease-renewed", deliveryFacts(caller, delivery));
      return {
        status: 200,
        headers: { "Cache-Control": "no-store" },
        json: { CorrelationId, PopReceipt, LeaseEndDateTime: delivery.visibleAt },
      };
    },
  }),
  door({
    ...atConnector("release", "export"),
    method: "post",
    summary: "Give a file back",
    description: "It is handed out again, after a while if one is given.",
    body: jsonBody(ReleaseRequest),
    answers: { 200: DONE },
    refusals: LEASE_REFUSALS,
    handle: async (ports, { caller, subject, body }) => {
      addLogFacts({ deliveryId: body.CorrelationId });
      const delivery = await releaseDelivery(ports, {
        ...queueOf(subject),
        deliveryId: body.CorrelationId,
        receipt: body.PopReceipt,
        delayMs: body.DelaySeconds * 1_000,
      });
      ports.log("delivery-released", deliveryFacts(caller, delivery));
      return { status: 200 };
    },
  }),
  door({
    ...atConnector("reject", "export"),
    method: "post",
    summary: "Set a file aside",
    description: "It is not handed out again until an operator sends it back.",
    body: jsonBody(RejectRequest),
    answers: { 200: DONE },
    refusals: LEASE_REFUSALS,
    handle: async (ports, { caller, subject: { connectorId }, body }) => {
      addLogFacts({ deliveryId: body.CorrelationId });
      const delivery = await rejectDelivery(ports, {
        queueId: connectorId,
        deliveryId: body.CorrelationId,
        receipt: body.PopReceipt,
        reason: body.Reason,
      });
      ports.log("delivery-rejected", deliveryFacts(caller, delivery));
      return { status: 200 };
    },
  }),
  door({
    ...atConnector("peek", "export"),
    method: "get",
    summary: "Look at what waits, without a lease",
    description: "In the order in which dequeues would hand it out.",
    query: PeekQuery,
    answers: { 200: { description: "The waiting messages.", json: PeekResponse } },
    handle: async (ports, { subject, query: { max } }) => {
      const waiting = await peekDeliveries(ports, { ...queueOf(subject), limit: max });
      const headers = { "Cache-Control": "no-store" };
      return { status: 200, headers, json: { value: waiting.map(peeked) } };
    },
  }),
];

function queueOf<Connector>({
  connectorId,
  connector,
}: {
  connectorId: string;
  connector: Connector;
}): { queueId: QueueId; connector: Connector } {
  return { queueId: connectorId, connector };
}

function peeked(delivery: Delivery): PeekedMessage {
  const { id, file, lastDequeuedAt, dequeues } = delivery;
  return {
    CorrelationId: id,
    LastDequeueDateTime: lastDequeuedAt?.toISOString() ?? null,
    ...factsOfFile(delivery),
    PublishedDateTime: file.publishedAt.toISOString(),
    DequeueCount: dequeues,
  };
}
