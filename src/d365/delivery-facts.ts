import type { z } from "zod";
import type { Delivery } from "../domain/deliveries/delivery.ts";
import { fileName } from "../domain/ledger/ledger-entry.ts";
import type { LogFacts } from "../domain/log-events.ts";
import type { Principal } from "../domain/ports.ts";
import type { FileFacts } from "./connector-api.ts";

/** Log facts about a partner's action on a delivery. */
export function deliveryFacts({ applicationId }: Principal, delivery: Delivery): LogFacts {
  return {
    connectorId: delivery.queueId,
    deliveryId: delivery.id,
    fileType: delivery.file.fileType,
    sequence: delivery.file.sequence,
    applicationId,
  };
}

/** Facts about a delivery's file, by the names of the connector API. */
export function factsOfFile({ file, previousSequence }: Delivery): z.infer<typeof FileFacts> {
  return {
    FileName: fileName(file),
    ContentType: file.contentType,
    ContentEncoding: file.contentEncoding,
    Size: file.bytes,
    Sha256: file.sha256,
    Records: file.records,
    FileType: file.fileType,
    Sequence: file.sequence,
    PreviousSequence: previousSequence ?? null,
  };
}
