import { app } from "@azure/functions";

app.setup({ enableHttpStream: true });

app.http("bomb", {
  handler: () => {
    setImmediate(() => {
      throw new Error("thrown into the void");
    });
    return new Promise(() => undefined);
  },
});
