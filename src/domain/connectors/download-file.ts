import type { ActivityId } from "../../contracts/ids.ts";
import { AppError } from "../errors.ts";
import type { Ports } from "../ports.ts";
import type { Message } from "./message.ts";

/**
 * Opens the file of a message. Any state will do: a partner that lost its copy may fetch the file again.
 *
 * @returns the content, read only as fast as it is taken
 * @throws AppError `message-not-found`, also when `fileId` is not the message's file; `file-not-found` when the file
 *   is no longer kept
 */
export async function downloadFile(
  ports: Pick<Ports, "messages" | "files">,
  input: { activityId: ActivityId; messageId: string; fileId: string | null },
): Promise<{ message: Message; bytes: number; content: AsyncIterable<Uint8Array> }> {
  const message = await ports.messages.find(input.activityId, input.messageId);
  if (message === null || (input.fileId !== null && input.fileId !== message.file.fileId)) {
    throw new AppError(
      "message-not-found",
      `Cannot download the file of message "${input.messageId}": it is not at this connector`,
    );
  }
  const file = await ports.files.read(message.file.path);
  if (file === null) {
    throw new AppError(
      "file-not-found",
      `Cannot download the file of message "${input.messageId}": it is no longer kept; ask the operator to export it again`,
    );
  }
  return { message, ...file };
}
