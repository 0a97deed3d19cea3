import type { ConnectorId } from "../ids.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Delivery, DeliveryState } from "./delivery.ts";

/** The queue at each connector. A delivery's every change of state re-keys or deletes its ready row: that is the guard. */
export interface Deliveries {
  /** Puts a delivery at its connector. @returns false when it is there already, in whatever state */
  insert(delivery: Delivery): Promise<boolean>;
  find(connectorId: ConnectorId, deliveryId: string): Promise<TrackedDelivery | null>;
  /**
   * Waiting deliveries whose time has come, longest waiting first; in an ordered queue the oldest delivery alone, also
   * when somebody holds it.
   */
  ready(
    connectorId: ConnectorId,
    request: { now: Date; limit: number; ordered: boolean },
  ): Promise<readonly Delivery[]>;
  /**
   * Replaces a delivery if nobody did so since it was read.
   * @returns false when somebody else was faster
   */
  replace(before: Delivery, after: Delivery): Promise<boolean>;
  /**
   * Replaces up to 33 waiting deliveries of one connector, all of them or none.
   * @returns false when somebody else was faster with one of them
   */
  replaceAll(changes: readonly DeliveryChange[]): Promise<boolean>;
  /** Notes that the file is being fetched, and nothing else: whoever changes the delivery meanwhile does not notice. */
  noteDownload(delivery: Delivery, at: Date): Promise<void>;
  /**
   * Deletes a delivery that a dequeue cannot hand out, if nobody changed it since it was read.
   * @returns false when somebody did
   */
  delete(delivery: Delivery): Promise<boolean>;
  /** Those whose files were published last come first. */
  list(connectorId: ConnectorId, query: DeliveryQuery): Promise<Page<TrackedDelivery>>;
}

export interface DeliveryChange {
  readonly before: Delivery;
  readonly after: Delivery;
}

/** A delivery with what is noted beside it. */
export interface TrackedDelivery extends Delivery {
  /** When its file was fetched last, or began to be. */
  readonly downloadedAt: Date | null;
}

/** Which deliveries to list; what is absent does not narrow. */
export interface DeliveryQuery extends PageRequest {
  readonly states?: readonly DeliveryState[] | undefined;
  /** Only what was acknowledged although its file was never fetched. */
  readonly unfetched?: boolean | undefined;
  /** Files published at this instant or later. */
  readonly from?: Date | undefined;
  /** Files published before this instant. */
  readonly to?: Date | undefined;
  /** The file's name, as partners know it. */
  readonly externalId?: string | undefined;
  /** The run that made the file; or the delivery's own id, which clients call by the same name. */
  readonly correlationId?: string | undefined;
}
