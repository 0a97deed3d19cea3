/**
 * Decodes the path of a request target like the platform's web server. Percent-encoded UTF-8 is decoded, except `%2F`.
 * An invalid encoding stays as it is. Then `.` and `..` segments are removed.
 *
 * @returns null for a path the server refuses (a NUL character)
 */
export function decodePath(rawPath: string): string | null {
  const decoded = rawPath.replace(/(?:%[\da-f]{2})+/gi, decodeRun);
  return decoded.includes("\0") ? null : withoutDotSegments(decoded);
}

/** Encodes a decoded path again for a request line; a remaining `%2F` stays as it is. */
export function encodePath(path: string): string {
  return path.replace(/%(?:2f)?|[^\w\-.~!$&'()*+,;=:@/%]+/gi, (found) =>
    /^%2f$/i.test(found) ? found : encodeURIComponent(found.toWellFormed()),
  );
}

function decodeRun(run: string): string {
  return run
    .split(/(%2f)/i)
    .map((part) => (/^%2f$/i.test(part) ? part : decodeBytes(part)))
    .join("");
}

function decodeBytes(encoded: string): string {
  try {
    return decodeURIComponent(encoded);
  } catch {
    // Some byte of the run is not UTF-8: decode the valid byte groups from the left.
    return encoded.replace(
      /%[0-7][\da-f]|%[cd][\da-f]%[89ab][\da-f]|%e[\da-f](?:%[89ab][\da-f]){2}|%f[0-7](?:%[89ab][\da-f]){3}/gi,
      (group) => {
        try {
          return decodeURIComponent(group);
        } catch {
          return group;
        }
      },
    );
  }
}

function withoutDotSegments(path: string): string {
  const kept: string[] = [];
  const segments = path.split("/").slice(1);
  for (const [index, segment] of segments.entries()) {
    if (segment === "..") {
      kept.pop();
    } else if (segment !== ".") {
      kept.push(segment);
    }
    if (index === segments.length - 1 && /^\.\.?$/.test(segment)) {
      kept.push("");
    }
  }
  return `/${kept.join("/")}`;
}
