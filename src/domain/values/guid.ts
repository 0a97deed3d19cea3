/** A GUID with its hyphens and nothing around it. */
export const GUID_REGEXP = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
/** The same in braces or not, with its hyphens or not. */
const LOOSE_GUID_REGEXP =
  /^\{?([0-9a-f]{8})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{4})-?([0-9a-f]{12})\}?$/i;

/** A GUID, in braces or not, in its one form: lower case and bare. @returns null for any other text */
export function canonicalGuid(text: string): string | null {
  const bare = text.replace(/^\{/, "").replace(/\}$/, "");
  return GUID_REGEXP.test(bare) ? bare.toLowerCase() : null;
}

/** The same of a text that may lack hyphens. */
export function guidOf(text: string): string | null {
  return LOOSE_GUID_REGEXP.exec(text.toLowerCase())?.slice(1).join("-") ?? null;
}
