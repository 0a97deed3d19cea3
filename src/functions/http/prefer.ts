const LONGEST_WAIT_SECONDS = 30;

/**
 * How long a client prefers to wait for an answer, in seconds: at most 30; 0 when it does not say, or says nonsense.
 *
 * The first of two equal preferences counts.
 *
 * @see https://www.rfc-editor.org/rfc/rfc7240#section-2 and section 4.3
 */
export function preferredWaitSeconds(prefer: string | null): number {
  const preferences = withoutQuotes(prefer ?? "")
    .split(",")
    .map((preference) => preference.split(";", 1)[0]?.split("=") ?? []);
  const wait = preferences.find(([name]) => name?.trim().toLowerCase() === "wait");
  const seconds = wait?.[1]?.trim() ?? "";
  return /^\d+$/.test(seconds) ? Math.min(Number(seconds), LONGEST_WAIT_SECONDS) : 0;
}

/**
 * Quoted values may hold commas and semicolons; a number in quotes is a number. A quote that does not end goes on to
 * the end, so that no text is looked at twice.
 */
function withoutQuotes(header: string): string {
  return header.replace(/"((?:[^"\\]|\\.?)*)(?:"|$)/g, (_, value: string) =>
    /^\d+$/.test(value) ? value : "",
  );
}
