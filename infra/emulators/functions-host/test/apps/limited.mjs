import { app } from "@azure/functions";

app.setup({ enableHttpStream: true });

let waiting = [];

function release() {
  for (const each of waiting) {
    each();
  }
  waiting = [];
}

process.on("message", ({ type }) => {
  if (type === "release") {
    release();
  }
});

app.http("anonymous", { handler: () => ({ body: "in" }) });
app.http("switchedOff", { handler: () => ({ body: "in" }) });

app.http("waits", {
  handler: async (_, context) => {
    context.log("waiting");
    await new Promise((resolve) => waiting.push(resolve));
    return { body: "released" };
  },
});

app.http("upload", {
  methods: ["POST"],
  handler: async (request) => ({ body: String((await request.arrayBuffer()).byteLength) }),
});

app.timer("releases", { schedule: "0 0 0 1 1 *", handler: release });
