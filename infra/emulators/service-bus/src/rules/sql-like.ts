const ANY_RUN = -1;
const ANY_ONE = -2;

/** A pattern may be a message property, so its length is limited to limit the time of one comparison. */
const MAX_PATTERN_LENGTH = 1024;

/** The pattern as character codes and wildcards; null when an escape ends the pattern. */
function elementsOf(pattern: string, escapedBy: string | null): readonly number[] | null {
  const elements: number[] = [];
  for (let index = 0; index < pattern.length; index += 1) {
    const character = pattern[index];
    if (character === escapedBy) {
      index += 1;
      if (index === pattern.length) {
        return null;
      }
      elements.push(pattern.charCodeAt(index));
    } else if (character === "%") {
      elements.push(ANY_RUN);
    } else {
      elements.push(character === "_" ? ANY_ONE : pattern.charCodeAt(index));
    }
  }
  return elements;
}

/** Matches from left to right and returns only to the latest `%`: at most text x pattern steps, without recursion. */
function matches(text: string, elements: readonly number[]): boolean {
  let at = 0;
  let element = 0;
  let runElement = -1;
  let runAt = 0;
  while (at < text.length) {
    const expected = elements[element];
    if (expected === ANY_RUN) {
      runElement = element;
      runAt = at;
      element += 1;
    } else if (expected === ANY_ONE || expected === text.charCodeAt(at)) {
      at += 1;
      element += 1;
    } else if (runElement >= 0) {
      runAt += 1;
      at = runAt;
      element = runElement + 1;
    } else {
      return false;
    }
  }
  return elements.slice(element).every((rest) => rest === ANY_RUN);
}

/**
 * Compares text with a pattern. `%` is any run, `_` any one UTF-16 unit; case matters.
 *
 * @param escapedBy character that removes the special meaning of the next one; null for none
 * @returns null ("unknown") when the pattern is longer than 1,024 characters, or the escape is not one character or
 *   ends the pattern
 */
export function matchesLike(
  text: string,
  pattern: string,
  escapedBy: string | null,
): boolean | null {
  if (pattern.length > MAX_PATTERN_LENGTH || (escapedBy !== null && escapedBy.length !== 1)) {
    return null;
  }
  const elements = elementsOf(pattern, escapedBy);
  return elements === null ? null : matches(text, elements);
}
