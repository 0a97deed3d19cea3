const MAX_LENGTH = 200;

/**
 * The value of `Content-Disposition` for a file to be saved, whatever its name holds.
 *
 * Folders and control characters are not part of a name that anybody should save. Characters beyond
 * ASCII stand in `filename*`, and as underscores in the `filename` for clients that do not read `filename*`.
 *
 * @see https://www.rfc-editor.org/rfc/rfc6266#section-4.3
 * @see https://www.rfc-editor.org/rfc/rfc8187#section-3.2
 */
export function attachment(fileName: string): string {
  const name = safeName(fileName);
  const fallback = name.replace(/[^\x20-\x7e]|["%]/gu, "_");
  const plain = `attachment; filename="${fallback}"`;
  return fallback === name ? plain : `${plain}; filename*=UTF-8''${extendedValue(name)}`;
}

/** Removes marks that make a name read right to left, too: they can disguise its type. */
function safeName(fileName: string): string {
  const name = [...fileName.toWellFormed().replace(/[\p{Cc}\p{Bidi_Control}]/gu, "")]
    .slice(0, MAX_LENGTH)
    .join("")
    .replace(/[/\\]/g, "_")
    .trim();
  return /^\.*$/.test(name) ? "file" : name;
}

function extendedValue(text: string): string {
  return encodeURIComponent(text).replace(
    /['()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
