import { isAppError } from "../errors.ts";

/** Upper bound; this many callers at once never change one definition. */
const MAX_ATTEMPTS = 10;

/**
 * Changes a definition. If a caller that accepts any version (`"*"`) meets a faster one, the change is repeated on the
 * new state.
 */
export async function repeatWhenChanged<Answer>(
  condition: string | null,
  change: () => Promise<Answer>,
): Promise<Answer> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change();
    } catch (error) {
      const mayRepeat = condition === "*" && attempt < MAX_ATTEMPTS;
      if (!(mayRepeat && isAppError(error, "definition-changed"))) {
        throw error;
      }
    }
  }
}
