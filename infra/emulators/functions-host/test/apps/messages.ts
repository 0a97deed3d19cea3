import process from "node:process";
import { app, type InvocationContext } from "@azure/functions";

const connection = "Bus";
const released = Promise.withResolvers<void>();
process.on("message", (message: { type: string }) => {
  if (message.type === "release") {
    released.resolve();
  }
});

function tell(context: InvocationContext, what: unknown) {
  context.log(`${context.functionName} ${JSON.stringify(what)}`);
}

app.serviceBusQueue("one", {
  connection,
  queueName: "%OneQueue%",
  handler: (message, context) =>
    tell(context, { message, type: typeof message, metadata: context.triggerMetadata }),
});

app.serviceBusQueue("fails", {
  connection,
  queueName: "fails",
  handler(message: { id: number; failures: number }, context) {
    const { deliveryCount } = context.triggerMetadata ?? {};
    tell(context, { id: message.id, deliveryCount });
    if (Number(deliveryCount) <= message.failures) {
      throw new Error(`no to ${message.id}`);
    }
  },
});

const atOnce: (() => void)[] = [];

app.serviceBusQueue("atOnce", {
  connection,
  queueName: "atOnce",
  async handler(message: { id: number; isBad: boolean }) {
    const { promise, resolve } = Promise.withResolvers<void>();
    atOnce.push(resolve);
    if (atOnce.length === 4) {
      for (const each of atOnce.splice(0)) {
        each();
      }
    }
    await promise;
    if (message.isBad) {
      throw new Error(`no to ${message.id}`);
    }
  },
});

let running = 0;
let mostRunning = 0;

app.serviceBusQueue("sessions", {
  connection,
  queueName: "sessions",
  isSessionsEnabled: true,
  async handler(message: { step: number }, context) {
    running += 1;
    mostRunning = Math.max(mostRunning, running);
    await new Promise((resolve) => setImmediate(resolve));
    running -= 1;
    const { sessionId } = context.triggerMetadata ?? {};
    tell(context, { sessionId, step: message.step, mostRunning });
  },
});

app.serviceBusTopic("topic", {
  connection,
  topicName: "events",
  subscriptionName: "all",
  handler: (message, context) =>
    tell(context, { message, properties: context.triggerMetadata?.applicationProperties }),
});

app.serviceBusQueue("concurrent", {
  connection,
  queueName: "concurrent",
  async handler(_, context) {
    tell(context, "began");
    await released.promise;
    tell(context, "ended");
  },
});
