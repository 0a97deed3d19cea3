import { app } from "@azure/functions";

const tell = (timer, context) => context.log(`${context.functionName} ${JSON.stringify(timer)}`);

app.timer("minutely", { schedule: "0 * * * * *", handler: tell });

app.timer("hourly", { schedule: "%Hourly%", handler: tell });

app.timer("often", { schedule: "*/15 * * * * *", handler: tell });

app.timer("atStart", { schedule: "0 0 0 1 1 *", runOnStartup: true, handler: tell });

app.timer("off", { schedule: "* * * * * *", handler: tell });

let attempts = 0;

app.timer("retried", {
  schedule: "0 0 0 1 1 *",
  retry: { strategy: "fixedDelay", maxRetryCount: 2, delayInterval: { seconds: 5 } },
  handler(_, context) {
    attempts += 1;
    context.log(`attempt ${attempts} ${JSON.stringify(context.retryContext ?? null)}`);
    if (attempts < 3) {
      throw new Error(`failure ${attempts}`);
    }
  },
});

app.timer("hangs", { schedule: "0 0 0 1 1 *", handler: () => new Promise(() => undefined) });
