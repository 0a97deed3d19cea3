import { z } from "zod";
import { AppError } from "../../errors.ts";
import { NotForTopics } from "../../filters/topic-rules.ts";
import { audienceMessage } from "../../ledger/announce-entries.ts";
import { desiredRules } from "../topics/desired-rules.ts";
import { isLive } from "../topics/topic-state.ts";
import { NotYet, type Way } from "./way.ts";

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
  deliver: async (ports, { id, version }, entry) => {
    const state = await ports.subscriptions.topicState(id);
    if (isLive(state, version, entry)) {
      return true;
    }
    if (state?.version !== version || state.pausedBecause !== null) {
      throw new NotYet(`Cannot send files to subscription "${id}": it is not provisioned yet`);
    }
    await ports.announcements.send(audienceMessage(entry, id));
    return true;
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
    return [...owned, ...reordered, ...ruleProblems(id, body)];
  },

  connectorOf: () => null,
};

function ruleProblems(id: string, body: Parameters<typeof desiredRules>[1]) {
  try {
    desiredRules(id, { ...body, enabled: true });
    return [];
  } catch (error) {
    if (error instanceof NotForTopics) {
      return [{ field: "filter", message: error.message }];
    }
    // a filter that cannot be read is a problem of its own
    if (error instanceof AppError) {
      return [];
    }
    throw error;
  }
}
