import { app } from "@azure/functions";

app.hook.appStart(() => {
  throw new Error("hook broke");
});
