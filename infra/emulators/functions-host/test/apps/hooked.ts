import process, { env } from "node:process";
import { app, type InvocationContext, type Timer } from "@azure/functions";

const seen: string[] = [];

app.setup({ enableHttpStream: true });

app.hook.appStart((context) => {
  context.hookData.started = true;
  seen.push("appStart");
});

app.hook.appTerminate((context) => {
  if (process.connected) {
    const message = { type: "terminated", knowsStart: context.hookData.started };
    process.send?.(message, () => undefined);
  }
});

app.hook.preInvocation((context) => {
  context.hookData.name = context.invocationContext.functionName;
  seen.push(`pre ${context.invocationContext.functionName}`);
  if (context.invocationContext.functionName === "wrapped") {
    const { functionHandler } = context;
    context.functionHandler = async (...args) => `${await functionHandler(...args)}, wrapped`;
  }
  context.invocationContext.log("from the preInvocation hook");
});

app.hook.postInvocation((context) => {
  seen.push(`post ${context.hookData.name}: ${context.result ?? context.error}`);
  if (context.invocationContext.functionName === "rescued") {
    context.error = null;
  }
});

app.hook.log((context) => {
  if (context.message.includes("please change me")) {
    context.level = "error";
    context.message = "changed by the log hook";
  }
});

app.http("seen", { handler: () => ({ jsonBody: [...seen] }) });

app.timer("wrapped", { schedule: "0 0 0 1 1 *", handler: () => "done" });

app.timer("rescued", {
  schedule: "%Schedule%",
  handler: () => {
    throw new Error("rescue me");
  },
});

app.timer("logs", {
  schedule: "0 0 0 1 1 *",
  handler(timer: Timer, context: InvocationContext) {
    context.log("please change me");
    // biome-ignore lint/style/noProcessEnv: the sample shows that settings arrive here
    context.debug(`the setting is ${env.OwnSetting}`);
    context.log(`timer ${JSON.stringify(timer)}`);
  },
});

app.timer("forgetful", {
  schedule: "0 0 0 1 1 *",
  handler(_, context) {
    setImmediate(() => context.log("too late"));
  },
});

app.timer("registersLate", {
  schedule: "0 0 0 1 1 *",
  handler(_, context) {
    try {
      app.timer("late", { schedule: "* * * * * *", handler: () => undefined });
    } catch (error) {
      context.log(String(error));
    }
  },
});
