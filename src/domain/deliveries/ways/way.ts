import type { SubscriptionDefinition } from "../../definitions/definitions.ts";
import type { FieldProblem } from "../../errors.ts";
import type { LedgerEntry } from "../../ledger/ledger-entry.ts";
import type { Ports, StoredDefinition } from "../../ports.ts";
import type { Connections } from "../../source.ts";
import type { DeliveryAttempt } from "../deliveries.ts";
import type { Delivery } from "../delivery.ts";
import type { QueueId } from "../queue-id.ts";

/** The ports that a way of delivery may use. */
export type WayPorts = Pick<
  Ports,
  | "deliveries"
  | "ownQueues"
  | "deliveryHints"
  | "subscriptions"
  | "announcements"
  | "ledger"
  | "clock"
  | "log"
>;

/** The ports that bringing a file may use. */
export type BringFilePorts = WayPorts & Pick<Ports, "files" | "openWebhook" | "consents" | "ids">;

/** The subscription that a file is delivered to, with what its definition says of the way. */
export type Receiver<Via> = Pick<
  StoredDefinition<"subscriptions">,
  "id" | "incarnation" | "version"
> & {
  readonly via: Via;
};

/** The subscription cannot get files now, and nothing is wrong: it gets them in order when it can. */
export class NotYet extends Error {}

/** One way in which a subscription gets its files. `Via` is what a definition says of it. */
export interface Way<Via> {
  /**
   * Makes the delivery of a published file. Doing so twice is fine: a delivery's id follows from its queue and the file.
   *
   * @returns its queue, and whether it is new
   * @throws NotYet
   */
  deliver(
    ports: WayPorts,
    receiver: Receiver<Via>,
    entry: LedgerEntry,
  ): Promise<{ queueId: QueueId; isNew: boolean }>;
  /** How the files in the subscription's own queue are brought. */
  pace(via: Via): Pace;
  /**
   * Brings one file of the subscription's own queue, within a minute. It may have been brought before. A failure is a
   * result.
   */
  bring(ports: BringFilePorts, receiver: Receiver<Via>, delivery: Delivery): Promise<Brought>;
  /** Problems that a schema cannot see, such as names that must exist. Field names start at the definition, as `via.x`. */
  problems(
    ports: Pick<Ports, "definitions" | "subscriptions" | "topic">,
    via: Via,
    subscription: { readonly id: string; readonly body: SubscriptionDefinition },
  ): Promise<readonly FieldProblem[]>;
  /** Problems that can be found without other definitions. */
  problemsAlone?(connections: Connections, via: Via): readonly FieldProblem[];
  /** The connector at which the files wait; null: they wait at none. */
  connectorOf(via: Via): string | null;
}

export interface Pace {
  /** One at a time, the oldest first. */
  readonly ordered: boolean;
  /** In order: whether a parked file holds up the later ones, until an operator decides. */
  readonly holds: boolean;
  /** A file is parked when attempts fail for so long. */
  readonly giveUpAfterMs: number;
}

/** The result of an attempt. */
export interface Brought {
  readonly outcome: "delivered" | "failed" | "gone";
  readonly attempt: Pick<DeliveryAttempt, "status" | "answer" | "failure">;
  /** The receiver asks for no attempt before this time. */
  readonly notBefore?: Date | undefined;
}
