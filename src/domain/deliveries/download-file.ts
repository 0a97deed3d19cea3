import { AppError } from "../errors.ts";
import type { ByteRange } from "../files.ts";
import type { Ports } from "../ports.ts";
import { findMessage, type MessageRef } from "./change-message.ts";
import { expireMessage } from "./expire-message.ts";
import type { Message } from "./message.ts";

/** What is read of a file. */
export interface OpenFile {
  /** Of the whole file. */
  readonly bytes: number;
  /** Of the range; read only as fast as it is taken. */
  readonly content: AsyncIterable<Uint8Array>;
}

/**
 * Finds the message whose file is asked for. Any state will do: a partner that lost its copy may fetch the file again.
 *
 * @param input.fileId null: whatever the message's file is
 * @throws AppError `message-not-found`, also when `fileId` is not the message's file
 */
export async function findMessageOfFile(
  ports: Pick<Ports, "messages">,
  input: MessageRef & { fileId: string | null },
): Promise<Message> {
  const message = await findMessage(ports, input, "download the file of");
  if (input.fileId !== null && input.fileId !== message.file.fileId) {
    throw new AppError(
      "message-not-found",
      `Cannot download the file of message "${message.id}": that file is not its file`,
    );
  }
  return message;
}

type OpenPorts = Pick<Ports, "messages" | "files" | "ledger" | "clock" | "log">;

/**
 * Opens the file of a message, and notes that it is being fetched.
 *
 * @param input.range part of the file; null: all of it
 * @throws AppError `file-not-found` when the file is no longer kept
 */
export async function downloadFile(
  ports: OpenPorts,
  input: { message: Message; range: ByteRange | null },
): Promise<OpenFile> {
  const file = await openFile(ports, input);
  await ports.messages.noteDownload(input.message, ports.clock.now());
  return file;
}

/**
 * Opens the file of a message, for those who only want to know that it is there.
 *
 * @param input.range part of the file; null: all of it
 * @throws AppError `file-not-found` when the file is no longer kept
 */
export async function openFile(
  ports: OpenPorts,
  { message, range }: { message: Message; range: ByteRange | null },
): Promise<OpenFile> {
  const { path } = message.file;
  const file = await (range === null ? ports.files.read(path) : ports.files.read(path, range));
  if (file === null) {
    throw await noFile(ports, message);
  }
  return file;
}

/** A message whose file was deleted is not handed out again; deletions that the ledger knows nothing of change nothing. */
async function noFile(ports: OpenPorts, message: Message): Promise<AppError> {
  const { fileType, sequence } = message.file;
  const deletedAt = (await ports.ledger.find(fileType, sequence))?.deletedAt ?? null;
  if (deletedAt !== null) {
    await expireMessage(ports, message);
  }
  const since =
    deletedAt === null ? "is no longer there" : `was deleted ${deletedAt.toISOString()}`;
  return new AppError(
    "file-not-found",
    `Cannot download the file of message "${message.id}": it ${since}; ask the operator to run the export of ` +
      `"${fileType}" again, in full if what was in the file is needed`,
  );
}
