import { z } from "zod";
import type { ConnectorOf } from "../domain/definitions/definitions.ts";
import { usableDefinition } from "../domain/definitions/find-definition.ts";
import { findDelivery } from "../domain/deliveries/change-delivery.ts";
import { cleanUpDeliveries } from "../domain/deliveries/clean-up-deliveries.ts";
import type { TrackedDelivery } from "../domain/deliveries/deliveries.ts";
import { DELIVERY_STATES } from "../domain/deliveries/delivery.ts";
import type { QueueId } from "../domain/deliveries/queue-id.ts";
import { requeueDelivery } from "../domain/deliveries/requeue-delivery.ts";
import { AppError } from "../domain/errors.ts";
import { ConnectorId, Guid } from "../domain/ids.ts";
import { fileName } from "../domain/ledger/ledger-entry.ts";
import { CleanupResponse } from "./cleanup-answer.ts";
import { FILE_ANSWER } from "./file-answer.ts";
import { jsonBody } from "./http/body.ts";
import { type CallHead, type DoorPorts, door } from "./http/door.ts";
import { PageQuery, pageOf, pageRequest } from "./http/page.ts";
import { parseRequest } from "./http/parse-request.ts";

const Instant = z.iso.datetime();
const SentInstant = z.iso.datetime({ offset: true }).transform((text) => new Date(text));

/** Query of `GET /api/connectors/{connectorId}/deliveries`, besides `limit` and `after`. */
const DeliveriesQuery = z.object({
  state: z
    .string()
    .transform((text) => text.split(",").map((state) => state.trim()))
    .pipe(z.array(z.enum(DELIVERY_STATES)))
    .optional()
    .describe("One state, or several by commas."),
  unfetched: z
    .enum(["true"])
    .optional()
    .describe("`true`: only what was acknowledged although its file was never fetched."),
  from: SentInstant.optional().describe(
    "Files published at this instant or later. ISO 8601 with an offset.",
  ),
  to: SentInstant.optional().describe("Files published before this instant."),
  externalId: z.string().max(1_000).optional().describe("Name of the file, as the partner got it."),
  correlationId: Guid.optional().describe(
    "The run that made the file, or the delivery's id, which the partner knows as `CorrelationId`.",
  ),
});

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

const DeliveryAnswer = z
  .object({
    connectorId: z.string().describe("The connector."),
    id: z.string().describe("The `CorrelationId` of the connector API."),
    state: z
      .enum(DELIVERY_STATES)
      .describe("Whether the partner has taken, acknowledged or rejected it."),
    file: z
      .object({ name: z.string().describe("File name for the partner."), ...FILE_ANSWER })
      .describe("The file that it brings."),
    enqueuedAt: Instant.describe("When it came to the connector."),
    visibleAt: Instant.describe("From when on a dequeue may hand it out."),
    changedAt: Instant.describe("When its state changed last."),
    dequeues: z.int().describe("How often it was handed out."),
    lastDequeuedAt: Instant.nullable().describe("When it was handed out last; null: never."),
    downloadedAt: Instant.nullable().describe("When its file was fetched last, or began to be."),
    ackedAt: Instant.nullable().describe("When it was acknowledged; null: not yet."),
    unfetched: z
      .boolean()
      .optional()
      .describe(
        "True when it was acknowledged and its file was never fetched; requeue it if it is missed.",
      ),
    rejection: z
      .object({
        reason: z.string().describe("In the partner's words."),
        at: Instant.describe("When."),
      })
      .nullable()
      .describe("Why and when the partner set it aside; null when it did not."),
    requeues: z.int().describe("How often an operator sent it back."),
  })
  .meta({
    id: "Delivery",
    description: "A file at a connector, and what its partner did about it.",
  });

const ABOUT_ALL = {
  tag: { name: "Connectors", description: "Deliveries at connectors." },
  caller: "operator",
  params: { connectorId: ConnectorId },
  refusals: {
    400: "The request cannot be read, or the connector is one at which files are handed in.",
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
      return { status: 200, json: { items: items.map(represent), next } };
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
      return { status: 200, json: represent(delivery) };
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
      return { status: 200, json: represent(await findDelivery(ports, ref, "show")) };
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
      `Cannot list what waits at connector "${id}": files are handed in there; see /api/connectors/${id}/submissions`,
    );
  }
  return { queueId: id, connector: body };
}

/** With the name that the partner is told. */
function represent(delivery: TrackedDelivery) {
  return {
    ...delivery,
    connectorId: delivery.queueId,
    file: { name: fileName(delivery.file), ...delivery.file },
  };
}
