import { AppError } from "../errors.ts";
import type { ByteRange } from "../files.ts";
import type { Ports } from "../ports.ts";
import { type DeliveryRef, findDelivery } from "./change-delivery.ts";
import type { Delivery } from "./delivery.ts";
import { expireDelivery } from "./expire-delivery.ts";

/** An open file or a part of it. */
export interface OpenFile {
  /** Size of the whole file. */
  readonly bytes: number;
  /** Content of the range, read only as fast as it is taken. */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Finds the delivery whose file is asked for, in any state: a partner that lost its copy may fetch the file again.
 *
 * @param input.fileId null: the delivery's file, whatever its id
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
 * Opens the file of a delivery, for a caller that only checks that it exists.
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

/**
 * Notes that a delivery's file was deleted, so that it is not handed out again. Deletions that the ledger does not know
 * change nothing.
 */
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
      `"${fileType}" again, in full if the content of the file is needed`,
  );
}
