import { app } from "@azure/functions";

const tell = (timer, context) => context.log(`${context.functionName} ${JSON.stringify(timer)}`);

app.timer("minutely", { schedule: "0 * * * * *", handler: tell });

app.timer("hourly", { schedule: "%Hourly%", handler: tell });

app.timer("often", { schedule: "*/15 * * * * *", handler: tell });

app.timer("atStart", { schedule: "0 0 0 1 1 *", runOnStartup: true, handler: tell });

app.timer("off", { schedule: "* * * * * *", handler: tell });

app.timer("hangs", { schedule: "0 0 0 1 1 *", handler: () => new Promise(() => undefined) });
