import { z } from "zod";
import { DAY_MS } from "../../../formats/day.ts";
import { AppError, type FieldProblem } from "../../errors.ts";
import { NotForTopics } from "../../filters/topic-rules.ts";
import { audienceMessage } from "../../ledger/announce-entries.ts";
import { type LedgerEntry, type PublishedFile, publishedFile } from "../../ledger/ledger-entry.ts";
import { isOlderThan } from "../../values/age.ts";
import { arrived } from "../delivery.ts";
import { originOf } from "../delivery-id.ts";
import { ownQueueOf, type QueueId } from "../queue-id.ts";
import { desiredRules } from "../topics/desired-rules.ts";
import { roomProblems } from "../topics/topic-limits.ts";
import { isLive, type TopicState } from "../topics/topic-state.ts";
import { deliverToOwnQueue } from "./own-queue.ts";
import { type Brought, NotYet, type Receiver, type Way, type WayPorts } from "./way.ts";

export const ViaTopic = z.strictObject({
  kind: z
    .literal("topic")
    .describe(
      "As messages in a Service Bus subscription of the partner's own, which Waybill makes and removes. Needs `applications`.",
    ),
  access: z
    .enum(["sas", "entra"])
    .describe(
      "How the partner opens it: `sas`, with the token of the temporary endpoint; `entra`, with its own identity, which needs the role Azure Service Bus Data Receiver.",
    ),
  ordered: z
    .boolean()
    .default(false)
    .describe(
      "With sessions: the files of a type in their order, one receiver for each type. It cannot be changed later.",
    ),
});
type ViaTopic = z.infer<typeof ViaTopic>;

/**
 * The topic brings a file by itself once the partner's subscription and its rules stand. Earlier files, and those of a
 * time when it stood otherwise, are sent to it alone.
 */
export const topicWay: Way<ViaTopic> = {
  deliver: async (ports, receiver, entry) => {
    const state = await ports.subscriptions.topicState(receiver.id);
    if (!stands(state, receiver)) {
      throw new NotYet(`Cannot send files to subscription "${receiver.id}": it does not stand yet`);
    }
    if (!isLive(state, receiver.version, entry)) {
      return deliverToOwnQueue(ports, receiver, entry);
    }
    await requireAnnounced(ports, entry);
    return noteSent(ports, receiver, entry);
  },

  pace: ({ ordered }) => ({ ordered, holds: false, giveUpAfterMs: GIVE_UP_AFTER_MS }),

  bring: async (ports, receiver, { file, id, requeues }) => {
    const failed = (failure: string): Brought => ({
      outcome: "failed",
      attempt: { status: null, answer: null, failure },
    });
    const state = await ports.subscriptions.topicState(receiver.id);
    if (!stands(state, receiver)) {
      return failed("The subscription of the topic does not stand yet.");
    }
    try {
      const entry = await entryOf(ports, file);
      const delivery = { subscriptionId: receiver.id, id, requeues };
      await ports.announcements.send(audienceMessage(entry, delivery));
    } catch (error) {
      return failed(String(error));
    }
    return { outcome: "delivered", attempt: { status: null, answer: null, failure: null } };
  },

  problems: async (ports, via, { id, body }) => {
    const { access } = ports.topic;
    if (!access.includes(via.access)) {
      const message =
        access.length === 0
          ? "is not possible here: this deployment does not manage the topic; deploy with provisionTopics"
          : `cannot be "sas" here: this deployment takes no shared access signatures; use "entra", or deploy with allowServiceBusSas`;
      return [{ field: access.length === 0 ? "via.kind" : "via.access", message }];
    }
    const state = await ports.subscriptions.topicState(id);
    const reordered =
      state !== null && state.ordered !== via.ordered && state.pausedBecause !== "draining"
        ? [
            {
              field: "via.ordered",
              message: `is ${state.ordered} and stays so, because Service Bus cannot change it; make another subscription`,
            },
          ]
        : [];
    const owned =
      body.applications === undefined
        ? [{ field: "applications", message: "must name the partner's applications" }]
        : [];
    const ruled = ruleProblems(id, body);
    // a filter without a rule cannot be counted
    const room = ruled?.length === 0 ? await roomProblems(ports, { id, body }) : [];
    return [...owned, ...reordered, ...(ruled ?? []), ...room];
  },

  connectorOf: () => null,
};

const GIVE_UP_AFTER_MS = 14 * DAY_MS;

/** By then a file that the event brought to the fan-out is noted as announced. */
const NOTED_AFTER_MS = 30_000;

/**
 * A tick also fans out files that could not be announced yet. The topic has not brought them, and its rules may be others
 * when it does.
 *
 * @throws NotYet
 */
async function requireAnnounced({ ledger, clock }: WayPorts, entry: LedgerEntry): Promise<void> {
  const { fileType, sequence, publishedAt } = entry;
  if (!isOlderThan(publishedAt, clock.now(), NOTED_AFTER_MS)) {
    return;
  }
  for await (const first of ledger.unannounced(fileType)) {
    if (first.sequence <= sequence) {
      throw new NotYet(
        `Cannot count file ${sequence} of "${fileType}" as sent: it is not announced`,
      );
    }
    return;
  }
}

function stands(state: TopicState | null, { version }: { readonly version: number }): boolean {
  return state !== null && state.version === version && state.pausedBecause === null;
}

/** The topic has announced it to the partner's own subscription. Nothing waits here. */
async function noteSent(
  ports: WayPorts,
  receiver: Receiver<unknown>,
  entry: LedgerEntry,
): Promise<{ queueId: QueueId; isNew: boolean }> {
  const queueId = ownQueueOf(receiver);
  const file = publishedFile(entry);
  const now = ports.clock.now();
  const facts = { queueId, subscriptionId: receiver.id, origin: originOf(file), file, now };
  const isNew = await ports.deliveries.insert({ ...arrived(facts), state: "sent" }); // C21
  return { queueId, isNew };
}

async function entryOf(
  { ledger }: Pick<WayPorts, "ledger">,
  { fileType, sequence }: PublishedFile,
): Promise<LedgerEntry> {
  const entry = await ledger.find(fileType, sequence);
  if (entry === null) {
    throw new Error(`the ledger has no file ${sequence} of "${fileType}"`);
  }
  return entry;
}

/** @returns null when the filter cannot be read, which is a problem of its own */
function ruleProblems(id: string, body: Parameters<typeof desiredRules>[1]): FieldProblem[] | null {
  try {
    desiredRules(id, { ...body, enabled: true });
    return [];
  } catch (error) {
    if (error instanceof NotForTopics) {
      return [{ field: "filter", message: error.message }];
    }
    if (error instanceof AppError) {
      return null;
    }
    throw error;
  }
}
