import { app, output } from "@azure/functions";

app.serviceBusQueue("batches", {
  connection: "Bus",
  queueName: "q",
  cardinality: "many",
  handler: () => undefined,
});

app.timer("sends", {
  schedule: "0 0 0 1 1 *",
  return: output.serviceBusQueue({ name: "sent", connection: "Bus", queueName: "q" }),
  retry: { strategy: "fixedDelay", maxRetryCount: 2, delayInterval: { seconds: 5 } },
  handler: () => "text",
});

app.storageQueue("other", { connection: "x", queueName: "y", handler: () => undefined });
app.http("keyed", { authLevel: "function", handler: () => ({ body: "in" }) });
