import { channel } from "node:diagnostics_channel";
import { app } from "@azure/functions";

app.setup({ enableHttpStream: true });

// The cure against the library's ignorance of back-pressure: its proxy server runs in this process.
const responses = new Map();
channel("http.server.request.start").subscribe(({ request, response }) => {
  const invocationId = request.headers["x-ms-invocation-id"];
  responses.set(invocationId, response);
  response.once("close", () => responses.delete(invocationId));
});

app.http("echo", {
  route: "echo/{id:int}/{name?}",
  methods: ["GET", "POST", "PUT", "DELETE"],
  handler: async (request) => ({
    headers: { "x-answer": "1" },
    jsonBody: {
      method: request.method,
      url: request.url,
      params: request.params,
      query: [...request.query],
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    },
  }),
});

app.http("rest", {
  route: "rest/{*path}",
  handler: (request) => ({ jsonBody: request.params }),
});

app.http("throws", { handler: () => Promise.reject(new Error("no luck")) });

app.http("returnsNothing", { handler: () => undefined });

app.http("returnsText", { handler: () => "text" });

let breakSource = () => undefined;

app.http("breaksOff", {
  handler: () => ({
    body: new ReadableStream({
      start(controller) {
        controller.enqueue(Buffer.from("begin"));
        breakSource = () => controller.error(new Error("source broke"));
      },
    }),
  }),
});

app.http("breakNow", {
  handler: () => {
    breakSource();
    return {};
  },
});

app.http("cookies", {
  handler: () => ({
    body: "x",
    cookies: [
      { name: "a", value: "1" },
      { name: "b", value: "2", httpOnly: true },
    ],
  }),
});

app.http("upload", {
  methods: ["POST"],
  handler: async (request, context) => {
    let size = 0;
    for await (const chunk of request.body ?? []) {
      if (size === 0) {
        context.log(`upload began for ${request.query.get("id")}`);
      }
      size += chunk.length;
    }
    return { jsonBody: { size } };
  },
});

app.http("ignoresUpload", { methods: ["POST"], handler: () => ({ status: 403, body: "no" }) });

const CHUNK = Buffer.alloc(64 * 1024, "x");
let producedBytes = 0;

app.http("download", {
  handler: (request, context) => {
    const response = responses.get(context.invocationId);
    const totalBytes = Number(request.query.get("bytes"));
    let sentBytes = 0;
    producedBytes = 0;
    response.once("close", () => {
      context.log(response.writableFinished ? "download finished" : "client has gone");
    });
    return {
      body: new ReadableStream({
        async pull(controller) {
          if (response.writableNeedDrain) {
            context.log("waiting for the client");
            await new Promise((resolve) => {
              response.once("drain", resolve);
              response.once("close", resolve);
            });
          }
          if (sentBytes >= totalBytes || response.destroyed) {
            controller.close();
            return;
          }
          sentBytes += CHUNK.length;
          producedBytes += CHUNK.length;
          controller.enqueue(CHUNK);
        },
      }),
    };
  },
});

app.http("produced", { handler: () => ({ jsonBody: { producedBytes } }) });
