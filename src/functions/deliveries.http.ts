import { z } from "zod";
import type { ConnectorOf } from "../domain/definitions/definitions.ts";
import { usableDefinition } from "../domain/definitions/find-definition.ts";
import { findDelivery } from "../domain/deliveries/change-delivery.ts";
import { cleanUpDeliveries } from "../domain/deliveries/clean-up-deliveries.ts";
import type { QueueId } from "../domain/deliveries/queue-id.ts";
import { requeueDelivery } from "../domain/deliveries/requeue-delivery.ts";
import { AppError } from "../domain/errors.ts";
import { ConnectorId, Guid } from "../domain/ids.ts";

import { CleanupResponse } from "./cleanup-answer.ts";
import { DeliveriesQuery, DeliveryAnswer, deliveryAnswer } from "./delivery-answer.ts";
import { jsonBody } from "./http/body.ts";
import { type CallHead, type DoorPorts, door } from "./http/door.ts";
import { PageQuery, pageOf, pageRequest } from "./http/page.ts";
import { parseRequest } from "./http/parse-request.ts";

const SentInstant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** Body of `POST /api/connectors/{connectorId}/deliveries/cleanup`. */
const CleanupRequest = z
  .strictObject({
    states: z
      .array(z.enum(["acked", "rejected", "expired"]))
      .min(1)
      .describe("Only what nobody is owed any more."),
    olderThan: SentInstant.describe(
      "Both the file and the delivery's state are older; at least a day ago. ISO 8601 with an offset.",
    ),
    dryRun: z.boolean().default(true).describe("Only counts, unless it is false."),
    after: z.string().max(200).nullish().describe("The `next` of the answer before."),
  })
  .meta({
    id: "CleanupRequest",
    description: "Selection of the deliveries to delete.",
    examples: [{ states: ["acked"], olderThan: "2026-03-01T00:00:00Z", dryRun: true }],
  });

const ABOUT_ALL = {
  tag: { name: "Connectors", description: "Deliveries at connectors." },
  caller: "operator",
  params: { connectorId: ConnectorId },
  refusals: {
    400: "The request cannot be read, or the connector is one that receives files.",
    404: "There is no such connector.",
  },
  subject: exportConnector,
} as const;

const ABOUT_ONE = {
  ...ABOUT_ALL,
  params: { connectorId: ConnectorId, deliveryId: Guid.describe("Id of the delivery.") },
  refusals: {
    ...ABOUT_ALL.refusals,
    404: "There is no such connector, or no such delivery at it.",
  },
} as const;

/** The deliveries of a connector at which files are taken, for operators. */
export const DELIVERY_DOORS = [
  door({
    ...ABOUT_ALL,
    id: "deliveries-list",
    method: "get",
    path: "/api/connectors/{connectorId}/deliveries",
    summary: "List the files of a connector, taken or not",
    description: "Conditions may be combined; without any, all that are known are listed.",
    query: DeliveriesQuery.extend(PageQuery.shape),
    answers: {
      200: {
        description: "Those whose files were published last come first.",
        json: pageOf(DeliveryAnswer),
      },
    },
    handle: async (ports, { subject: { queueId }, query }) => {
      const { state: states, unfetched, limit, after, ...narrowed } = query;
      const { items, next } = await ports.deliveries.list(queueId, {
        ...narrowed,
        ...pageRequest({ limit, after }),
        states,
        unfetched: unfetched === "true",
      });
      return { status: 200, json: { items: items.map(deliveryAnswer), next } };
    },
  }),
  door({
    ...ABOUT_ONE,
    id: "deliveries-get",
    method: "get",
    path: "/api/connectors/{connectorId}/deliveries/{deliveryId}",
    summary: "Read one file's state at a connector",
    description: "As the list has it.",
    answers: { 200: { description: "The delivery.", json: DeliveryAnswer } },
    handle: async (ports, { subject: { queueId }, params }) => {
      const deliveryId = parseRequest(Guid, params.deliveryId);
      const delivery = await findDelivery(ports, { queueId, deliveryId }, "show");
      return { status: 200, json: deliveryAnswer(delivery) };
    },
  }),
  door({
    ...ABOUT_ONE,
    id: "deliveries-requeue",
    method: "post",
    path: "/api/connectors/{connectorId}/deliveries/{deliveryId}/requeue",
    summary: "Send a file back to the queue, whatever became of it",
    description: "It is handed out again as if it had just come; a lease that goes on ends.",
    answers: { 200: { description: "The delivery as it is now.", json: DeliveryAnswer } },
    refusals: { ...ABOUT_ONE.refusals, 409: "Somebody else changed it at the same time." },
    handle: async (ports, { subject: { queueId, connector }, params }) => {
      const ref = { queueId, deliveryId: parseRequest(Guid, params.deliveryId) };
      await requeueDelivery(ports, { ...ref, connector });
      return { status: 200, json: deliveryAnswer(await findDelivery(ports, ref, "show")) };
    },
  }),
  door({
    ...ABOUT_ALL,
    id: "deliveries-cleanup",
    method: "post",
    path: "/api/connectors/{connectorId}/deliveries/cleanup",
    summary: "Delete deliveries that nobody is owed any more",
    description: "Only counts, unless `dryRun` is false. A call takes up to 200; `next` goes on.",
    body: jsonBody(CleanupRequest),
    answers: { 200: { description: "The number of deleted deliveries.", json: CleanupResponse } },
    handle: async (ports, { subject: { queueId }, body }) => {
      const after = body.after ?? null;
      const done = await cleanUpDeliveries(ports, { queueId, ...body, after });
      return { status: 200, json: { dryRun: body.dryRun, ...done } };
    },
  }),
];

async function exportConnector(
  ports: DoorPorts,
  { params }: CallHead<"connectorId">,
): Promise<{ queueId: QueueId; connector: ConnectorOf<"export"> }> {
  const { id, body } = await usableDefinition(ports, "connectors", params.connectorId);
  if (body.direction !== "export") {
    throw new AppError(
      "connector-direction-wrong",
      `Cannot list what waits at connector "${id}": it receives files; see /api/connectors/${id}/submissions`,
    );
  }
  return { queueId: id, connector: body };
}
