/**
 * The text with every character encoded but letters and digits. Clients take links apart and put them together again,
 * and a `+` or `/` in a signature does not survive that everywhere.
 */
export function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*_.~-]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
