import { createServer } from "node:http";
import { listenLocally } from "../../infra/local/listen.ts";

/** A server that gives out whatever key set a test wants, at one address. */
export async function startKeyServer(options: {
  /** Its answer, as JSON. */
  body: () => unknown;
  /** 200 when absent. */
  status?: () => number;
  /** Where a redirecting status leads. */
  location?: string;
}): Promise<{ url: string; requests(): number; stop(): Promise<void> }> {
  let requests = 0;
  const server = createServer((_request, response) => {
    requests++;
    if (options.location !== undefined) {
      response.setHeader("Location", options.location);
    }
    response.writeHead(options.status?.() ?? 200, { "Content-Type": "application/json" });
    response.end(JSON.stringify(options.body()));
  });
  const port = await listenLocally(server, 0);
  return {
    url: `http://127.0.0.1:${port}/keys`,
    requests: () => requests,
    stop: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
