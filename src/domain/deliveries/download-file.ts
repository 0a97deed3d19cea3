import { AppError } from "../errors.ts";
import type { ByteRange } from "../files.ts";
import type { Ports } from "../ports.ts";
import { type DeliveryRef, findDelivery } from "./change-delivery.ts";
import type { Delivery } from "./delivery.ts";
import { expireDelivery } from "./expire-delivery.ts";

/** What is read of a file. */
export interface OpenFile {
  /** Of the whole file. */
  readonly bytes: number;
  /** Of the range; read only as fast as it is taken. */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Finds the delivery whose file is asked for. Any state will do: a partner that lost its copy may fetch the file again.
 *
 * @param input.fileId null: whatever the delivery's file is
 * @throws AppError `delivery-not-found`, also when `fileId` is not the delivery's file
 */
export async function findDeliveryOfFile(
  ports: Pick<Ports, "deliveries">,
  input: DeliveryRef & { fileId: string | null },
): Promise<Delivery> {
  const delivery = await findDelivery(ports, input, "download the file of");
  if (input.fileId !== null && input.fileId !== delivery.file.fileId) {
    throw new AppError(
      "delivery-not-found",
      `Cannot download the file of delivery "${delivery.id}": that file is not its file`,
    );
  }
  return delivery;
}

type OpenPorts = Pick<Ports, "deliveries" | "files" | "ledger" | "clock" | "log">;

/**
 * Opens the file of a delivery, and notes that it is being fetched.
 *
 * @param input.range part of the file; null: all of it
 * @throws AppError `file-not-found` when the file is no longer kept
 */
export async function downloadFile(
  ports: OpenPorts,
  input: { delivery: Delivery; range: ByteRange | null },
): Promise<OpenFile> {
  const file = await openFile(ports, input);
  await ports.deliveries.noteDownload(input.delivery, ports.clock.now());
  return file;
}

/**
 * Opens the file of a delivery, for those who only want to know that it is there.
 *
 * @param input.range part of the file; null: all of it
 * @throws AppError `file-not-found` when the file is no longer kept
 */
export async function openFile(
  ports: OpenPorts,
  { delivery, range }: { delivery: Delivery; range: ByteRange | null },
): Promise<OpenFile> {
  const { path } = delivery.file;
  const file = await (range === null ? ports.files.read(path) : ports.files.read(path, range));
  if (file === null) {
    throw await noFile(ports, delivery);
  }
  return file;
}

/** A delivery whose file was deleted is not handed out again; deletions that the ledger knows nothing of change nothing. */
async function noFile(ports: OpenPorts, delivery: Delivery): Promise<AppError> {
  const { fileType, sequence } = delivery.file;
  const deletedAt = (await ports.ledger.find(fileType, sequence))?.deletedAt ?? null;
  if (deletedAt !== null) {
    await expireDelivery(ports, delivery);
  }
  const since =
    deletedAt === null ? "is no longer there" : `was deleted ${deletedAt.toISOString()}`;
  return new AppError(
    "file-not-found",
    `Cannot download the file of delivery "${delivery.id}": it ${since}; ask the operator to run the export of ` +
      `"${fileType}" again, in full if what was in the file is needed`,
  );
}
