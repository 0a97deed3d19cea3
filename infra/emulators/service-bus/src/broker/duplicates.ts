/** The recent message ids, each with the time at which it was seen, oldest first. */
export type DuplicateHistory = Map<string, number>;

/**
 * Notes a message id.
 *
 * @returns true when the id was seen within the window; a repetition does not prolong the window
 */
export function isDuplicate(
  history: DuplicateHistory,
  messageId: string,
  window: { readonly nowMs: number; readonly lengthMs: number },
): boolean {
  for (const [id, seenAtMs] of history) {
    if (seenAtMs + window.lengthMs > window.nowMs) {
      break;
    }
    history.delete(id);
  }
  if (history.has(messageId)) {
    return true;
  }
  history.set(messageId, window.nowMs);
  return false;
}
