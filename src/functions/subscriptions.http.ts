import { z } from "zod";
import { deliveryIdOf, originOf } from "../domain/deliveries/delivery-id.ts";
import { ownQueueOf } from "../domain/deliveries/queue-id.ts";
import { resumeQueue } from "../domain/deliveries/resume-queue.ts";
import { replay, sendAgain } from "../domain/deliveries/send-again.ts";
import { findInQueues, subscriptionQueues } from "../domain/deliveries/subscription-queues.ts";
import { AppError } from "../domain/errors.ts";
import { DefinitionId, FileType, Guid } from "../domain/ids.ts";
import {
  AttemptAnswer,
  attemptAnswer,
  DeliveriesQuery,
  SubscriptionDeliveryAnswer,
  subscriptionDeliveryAnswer,
} from "./delivery-answer.ts";
import { jsonBody } from "./http/body.ts";
import { type CallHead, type DoorPorts, door } from "./http/door.ts";
import { PageQuery, pageOf, pageRequest } from "./http/page.ts";
import { parseRequest } from "./http/parse-request.ts";

const Instant = z.iso.datetime();
const Sequence = z.coerce.number().int().min(1).max(Number.MAX_SAFE_INTEGER);

/** Body of `POST /api/subscriptions/{subscriptionId}/replay`. */
const ReplayRequest = z
  .strictObject({
    fileType: FileType.describe("File type of the files."),
    from: z.int().min(1).describe("Number of the first file."),
    to: z.int().min(1).describe("Number of the last file."),
  })
  .meta({
    id: "ReplayRequest",
    description: "The files to send again.",
    examples: [{ fileType: "Shop.ItemChanges", from: 17, to: 42 }],
  });

const ReplayResponse = z
  .object({
    count: z.int().describe("How many are sent by this call; at most 200."),
    next: z.int().nullable().describe("`from` of the next call; null at the end."),
  })
  .meta({ id: "ReplayResponse", description: "How many files are sent again." });

const TopicAnswer = z.object({
  name: z.string().describe("Name of the subscription at Service Bus."),
  stands: z
    .boolean()
    .describe("It has the rules of the definition as it is now, and the topic feeds it."),
  pausedBecause: z
    .enum(["silent-reader", "draining"])
    .nullable()
    .describe(
      "Why it is not fed: `silent-reader`, nobody reads and the topic fills; `draining`, the definition names another way and the rest waits to be read; null: it is not paused.",
    ),
  problem: z.string().nullable().describe("The last failure of making it; null: there was none."),
});

const QueueAnswer = z
  .object({
    subscriptionId: z.string().describe("The subscription."),
    via: z.string().describe("Its way."),
    dueAt: Instant.nullable().describe(
      "When something of its own queue is due; null: the queue holds nothing.",
    ),
    failures: z.int().describe("Attempts that failed since the last one that succeeded."),
    pausedUntil: Instant.nullable().describe(
      "Nothing is brought before, because its receiver failed often; null: it is not paused.",
    ),
    stopped: z
      .object({
        at: Instant.describe("When."),
        because: z.string().describe("Why."),
      })
      .nullable()
      .describe("Why nothing is brought until it is resumed; null: it is not stopped."),
    topic: TopicAnswer.nullable().describe(
      "Its subscription of the topic; null: it has none, or its making has not begun.",
    ),
  })
  .meta({ id: "SubscriptionState", description: "How the receiver of a subscription fares." });

const DeliveryWithAttempts = SubscriptionDeliveryAnswer.extend({
  attempts: z.array(AttemptAnswer).describe("The last attempts, at most 100, the latest first."),
}).meta({
  id: "SubscriptionDeliveryWithAttempts",
  description: "A file for a subscription, and each attempt to bring it.",
});

const HOLDS_NOTHING = { dueAt: null, failures: 0, pausedUntil: null, stopped: null };

const ABOUT = {
  tag: { name: "Subscriptions", description: "Deliveries of subscriptions, whatever their way." },
  caller: "operator",
  params: { subscriptionId: DefinitionId },
  refusals: { 404: "There is no such subscription." },
  subject: async (ports: DoorPorts, { params }: CallHead<"subscriptionId">) =>
    subscriptionQueues(ports, params.subscriptionId),
} as const;

const ABOUT_ONE = {
  ...ABOUT,
  params: { ...ABOUT.params, deliveryId: Guid.describe("Id of the delivery.") },
  refusals: { 404: "There is no such subscription, or no such delivery of it." },
} as const;

async function topicOf(
  { subscriptions }: Pick<DoorPorts, "subscriptions">,
  { id, version }: { readonly id: string; readonly version: number },
): Promise<z.infer<typeof TopicAnswer> | null> {
  const state = await subscriptions.topicState(id);
  if (state === null) {
    return null;
  }
  const { name, pausedBecause, problem } = state;
  return {
    name,
    stands: state.version === version && pausedBecause === null,
    pausedBecause,
    problem,
  };
}

/** Subscriptions and their deliveries, for operators. */
export const SUBSCRIPTION_DOORS = [
  door({
    ...ABOUT,
    id: "subscriptions-get",
    method: "get",
    path: "/api/subscriptions/{subscriptionId}",
    summary: "Read how the receiver of a subscription fares",
    description: "The definition itself is at `/api/definitions/subscriptions/{id}`.",
    answers: { 200: { description: "The state.", json: QueueAnswer } },
    handle: async (ports, { subject: { subscription } }) => {
      const queue = await ports.ownQueues.find(ownQueueOf(subscription));
      const { dueAt, failures, pausedUntil, stopped } = queue ?? HOLDS_NOTHING;
      const { id: subscriptionId, body } = subscription;
      const state = { dueAt, failures, pausedUntil, stopped };
      const topic = await topicOf(ports, subscription);
      return { status: 200, json: { subscriptionId, via: body.via.kind, ...state, topic } };
    },
  }),
  door({
    ...ABOUT,
    id: "subscriptions-resume",
    method: "post",
    path: "/api/subscriptions/{subscriptionId}/resume",
    summary: "Let a stopped or paused subscription go on at once",
    description: "Files that wait are brought again. Repeating it changes nothing.",
    answers: { 200: { description: "It goes on." } },
    handle: async (ports, { subject: { subscription } }) => {
      await resumeQueue(ports, ownQueueOf(subscription));
      return { status: 200 };
    },
  }),
  door({
    ...ABOUT,
    id: "subscriptions-replay",
    method: "post",
    path: "/api/subscriptions/{subscriptionId}/replay",
    summary: "Send a range of files to a subscription again",
    description:
      "Only this subscription gets them: files that its definition wants and that are still kept, also those that it never got. A call takes up to 200; `next` goes on.",
    body: jsonBody(ReplayRequest),
    answers: { 200: { description: "How many are sent.", json: ReplayResponse } },
    handle: async (ports, { subject, body }) => ({
      status: 200,
      json: await replay(ports, subject, body),
    }),
  }),
  door({
    ...ABOUT,
    id: "subscriptions-deliveries-list",
    method: "get",
    path: "/api/subscriptions/{subscriptionId}/deliveries",
    summary: "List the files of a subscription",
    description:
      "Those of its own queue, and those at each connector that it delivers to, or delivered to before. Conditions may be combined.",
    query: DeliveriesQuery.extend(PageQuery.shape),
    answers: {
      200: {
        description: "Those whose files were published last come first.",
        json: pageOf(SubscriptionDeliveryAnswer),
      },
    },
    handle: async (ports, { subject: { subscription, queues }, query }) => {
      const { state: states, unfetched, limit, after, ...narrowed } = query;
      const { items, next } = await ports.deliveries.list(queues, {
        ...narrowed,
        ...pageRequest({ limit, after }),
        subscriptionId: subscription.id,
        states,
        unfetched: unfetched === "true",
      });
      return { status: 200, json: { items: items.map(subscriptionDeliveryAnswer), next } };
    },
  }),
  door({
    ...ABOUT_ONE,
    id: "subscriptions-deliveries-get",
    method: "get",
    path: "/api/subscriptions/{subscriptionId}/deliveries/{deliveryId}",
    summary: "Read what became of one file of a subscription",
    description: "As the list has it, with each attempt to bring it.",
    answers: { 200: { description: "The delivery.", json: DeliveryWithAttempts } },
    handle: async (ports, { subject: { queues }, params }) => {
      const deliveryId = parseRequest(Guid, params.deliveryId);
      const delivery = await findInQueues(ports, queues, deliveryId);
      const attempts = (await ports.deliveries.attempts(delivery)).map(attemptAnswer);
      return { status: 200, json: { ...subscriptionDeliveryAnswer(delivery), attempts } };
    },
  }),
  door({
    ...ABOUT_ONE,
    id: "subscriptions-deliveries-requeue",
    method: "post",
    path: "/api/subscriptions/{subscriptionId}/deliveries/{deliveryId}/requeue",
    summary: "Send a file to its receiver again, whatever became of it",
    description: "As if it had just been published; nobody else gets it.",
    answers: {
      200: { description: "The delivery as it is now.", json: SubscriptionDeliveryAnswer },
    },
    refusals: { ...ABOUT_ONE.refusals, 409: "Somebody else changed it at the same time." },
    handle: async (ports, { subject: { queues }, params }) => {
      const deliveryId = parseRequest(Guid, params.deliveryId);
      await sendAgain(ports, await findInQueues(ports, queues, deliveryId));
      const now = await findInQueues(ports, queues, deliveryId);
      return { status: 200, json: subscriptionDeliveryAnswer(now) };
    },
  }),
  door({
    id: "ledger-deliveries",
    tag: ABOUT.tag,
    caller: "operator",
    method: "get",
    path: "/api/ledger/{fileType}/{sequence}/deliveries",
    summary: "List who got one published file, and what became of it",
    description: "Whatever the way. Files that an earlier version published have none here.",
    params: { fileType: FileType, sequence: Sequence.describe("Number in the ledger.") },
    answers: {
      200: {
        description: "One for each subscription that has it.",
        json: z.object({
          items: z.array(SubscriptionDeliveryAnswer).describe("Its deliveries."),
        }),
      },
    },
    refusals: { 400: "The file type or the number cannot be read.", 404: "There is no such file." },
    subject: async (ports, { params }) => {
      const fileType = parseRequest(FileType, params.fileType);
      const sequence = parseRequest(Sequence, params.sequence);
      const entry = await ports.ledger.find(fileType, sequence);
      if (entry === null) {
        throw new AppError(
          "ledger-entry-not-found",
          `Cannot find file ${sequence} of "${fileType}": the ledger has no such entry`,
        );
      }
      return entry;
    },
    handle: async (ports, { subject: entry }) => {
      const { queues } = await ports.deliveries.queuesOf(entry);
      const found = await Promise.all(
        queues.map(({ queueId }) =>
          ports.deliveries.find(queueId, deliveryIdOf(queueId, entry, originOf(entry))),
        ),
      );
      const items = found.filter((delivery) => delivery !== null).map(subscriptionDeliveryAnswer);
      return { status: 200, json: { items } };
    },
  }),
];
