import { connect } from "node:net";
import { buffer } from "node:stream/consumers";

export interface RawAnswer {
  readonly status: number;
  /** Headers of its head, with names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * Sends bytes as they are, which no HTTP client would, and reads the one answer to them.
 *
 * @param head request line and headers; a character is a byte. `Host` and `Connection: close` are added where missing
 */
export async function sendRaw(
  port: number,
  head: readonly string[],
  body: string | Buffer = "",
): Promise<RawAnswer> {
  const [line = "", ...headers] = head;
  const names = headers.map((header) => header.split(":")[0]?.toLowerCase());
  const added = [
    ...(names.includes("host") ? [] : ["Host: localhost"]),
    ...(names.includes("connection") ? [] : ["Connection: close"]),
  ];
  const socket = connect(port, "127.0.0.1");
  socket.write(Buffer.from(`${[line, ...headers, ...added].join("\r\n")}\r\n\r\n`, "latin1"));
  socket.write(body);
  return parsedAnswer((await buffer(socket)).toString("latin1"));
}

function parsedAnswer(text: string): RawAnswer {
  const [head = "", ...rest] = text.split("\r\n\r\n");
  const [line = "", ...headers] = head.split("\r\n");
  return {
    status: Number(line.split(" ")[1]),
    headers: Object.fromEntries(
      headers.map((header) => {
        const colon = header.indexOf(":");
        return [header.slice(0, colon).toLowerCase(), header.slice(colon + 1).trim()];
      }),
    ),
    body: rest.join("\r\n\r\n"),
  };
}

/** Headers with so many bytes together. */
export function headersOf(bytes: number): string[] {
  const line = `X-Filler: ${"x".repeat(1_000)}`;
  return Array.from({ length: Math.floor(bytes / (line.length + 2)) }, () => line);
}
