import type { FieldProblem } from "../../errors.ts";
import type { LedgerEntry } from "../../ledger/ledger-entry.ts";
import type { Ports } from "../../ports.ts";

/** Ports that ways of delivery may touch. */
export type WayPorts = Pick<Ports, "deliveries" | "clock" | "log">;

/** One way in which a subscription gets its files. `Via` is what a definition says of it. */
export interface Way<Via> {
  /**
   * Makes the delivery of a published file. Doing so twice is fine: a delivery's id follows from where it goes and from
   * the file.
   *
   * @returns whether the delivery is new
   */
  deliver(ports: WayPorts, via: Via, entry: LedgerEntry): Promise<boolean>;
  /** Problems that a schema alone cannot find, such as missing names. Fields are named from the definition on, as `via.x`. */
  problems(ports: Pick<Ports, "definitions">, via: Via): Promise<readonly FieldProblem[]>;
  /** The connector at which the files wait; null: they wait at none. */
  connectorOf(via: Via): string | null;
}
