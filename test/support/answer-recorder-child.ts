/**
 * Preloaded into the process of the app under test: writes down every request at the host's port and its answer.
 *
 * It changes nothing: chunks are seen as they pass, none is held back, and none of a large body is kept. Written at
 * once, so that the record is whole up to the moment at which the app is killed.
 */
import { subscribe } from "node:diagnostics_channel";
import { openSync, writeSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import process from "node:process";
import {
  MAX_RECORDED_BYTES,
  RECORD_VARIABLE,
  type RecordedBody,
  type RecordedExchange,
} from "./recorded-exchange.ts";

// biome-ignore lint/style/noProcessEnv: a preloaded module is told nothing otherwise
const path = process.env[RECORD_VARIABLE] ?? "";
const port = process.argv[process.argv.indexOf("--port") + 1];
const file = openSync(path, "a");

subscribe("http.server.request.start", (message) => {
  const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
  // the library has a server of its own in this process, behind the host's
  if (String(request.socket.localPort) === port) {
    record(request, response);
  }
});

function record(request: IncomingMessage, response: ServerResponse): void {
  const received = passing();
  const push = request.push.bind(request);
  request.push = (chunk, encoding) => {
    received.see(chunk, encoding);
    return push(chunk, encoding);
  };
  const sent = passing();
  const write = response.write.bind(response) as (...given: unknown[]) => boolean;
  response.write = (...given: unknown[]) => {
    sent.see(given[0], given[1]);
    return write(...given);
  };
  const end = response.end.bind(response) as (...given: unknown[]) => typeof response;
  response.end = (...given: unknown[]) => {
    sent.see(given[0], given[1]);
    return end(...given);
  };
  response.once("close", () => {
    const head = headOf(response);
    if (head !== null) {
      const exchange: RecordedExchange = {
        method: request.method ?? "",
        target: request.url ?? "",
        request: received.body(request.complete),
        ...head,
        answer: sent.body(response.writableFinished),
      };
      writeSync(file, `${JSON.stringify(exchange)}\n`);
    }
  });
}

/** The head that was really sent; null when none was. `getHeaders` does not know the headers of `writeHead`. */
function headOf(response: ServerResponse): Pick<RecordedExchange, "status" | "headers"> | null {
  const { _header: head } = response as unknown as { _header: string | null };
  if (head === null || !response.headersSent) {
    return null;
  }
  const lines = head.trimEnd().split("\r\n").slice(1);
  const headers = lines.map((line) => {
    const colon = line.indexOf(":");
    return [line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim()];
  });
  return { status: response.statusCode, headers: Object.fromEntries(headers) };
}

function passing() {
  let bytes = 0;
  const chunks: Buffer[] = [];
  return {
    see(chunk: unknown, encoding: unknown): void {
      if (typeof chunk !== "string" && !(chunk instanceof Uint8Array)) {
        return;
      }
      const bit = typeof chunk === "string" ? Buffer.from(chunk, encoding as "utf8") : chunk;
      bytes += bit.length;
      if (bytes > MAX_RECORDED_BYTES) {
        chunks.length = 0;
      } else {
        chunks.push(Buffer.from(bit));
      }
    },
    body(isWhole: boolean): RecordedBody {
      const isKept = isWhole && bytes <= MAX_RECORDED_BYTES;
      return { bytes, isWhole, content: isKept ? Buffer.concat(chunks).toString("base64") : null };
    },
  };
}
