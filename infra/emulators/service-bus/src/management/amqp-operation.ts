import type { LinkContext } from "../amqp/context.ts";
import type { Store } from "../broker/store.ts";
import type { Transaction } from "../broker/transaction.ts";
import type { AmqpValue } from "../broker/types.ts";
import type { RequestBody } from "./amqp-body.ts";

export interface ManagementCall {
  readonly context: LinkContext;
  /** The address of the entity. */
  readonly entity: string;
  readonly store: Store;
  readonly body: RequestBody;
  /** Null outside of transactions. */
  readonly transaction: Transaction | null;
  /** The link on whose behalf the client asks; null when it is not named. */
  readonly linkName: string | null;
}

/** @returns the body of the answer; null when it is empty @throws BrokerError */
export type Operation = (call: ManagementCall) => AmqpValue | null;
