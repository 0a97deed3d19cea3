import type { SubscriptionDefinition } from "../../definitions/definitions.ts";
import type { FieldProblem } from "../../errors.ts";
import type { LedgerEntry } from "../../ledger/ledger-entry.ts";
import type { Ports } from "../../ports.ts";

/** The ports that a way of delivery may use. */
export type WayPorts = Pick<
  Ports,
  "deliveries" | "subscriptions" | "announcements" | "clock" | "log"
>;

/** The subscription cannot get files now, and nothing is wrong: it gets them in order when it can. */
export class NotYet extends Error {}

export interface Recipient<Via> {
  readonly id: string;
  /** Version of the definition. */
  readonly version: number;
  readonly via: Via;
}

/** One way in which a subscription gets its files. `Via` is what a definition says of it. */
export interface Way<Via> {
  /**
   * Makes the delivery of a published file. Doing so twice is fine: a delivery's id follows from where it goes and from
   * the file.
   *
   * @returns whether the delivery is new
   * @throws NotYet
   */
  deliver(ports: WayPorts, recipient: Recipient<Via>, entry: LedgerEntry): Promise<boolean>;
  /** Problems that a schema cannot see, such as names that must exist. Field names start at the definition, as `via.x`. */
  problems(
    ports: Pick<Ports, "definitions" | "subscriptions" | "topic">,
    via: Via,
    subscription: { readonly id: string; readonly body: SubscriptionDefinition },
  ): Promise<readonly FieldProblem[]>;
  /** The connector at which the files wait; null: they wait at none. */
  connectorOf(via: Via): string | null;
}
