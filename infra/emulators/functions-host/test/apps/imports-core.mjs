import { app } from "@azure/functions";
import core, { hostVersion } from "@azure/functions-core";

app.http("direct", {
  handler: () => ({ body: core.getProgrammingModel() === null ? "none" : hostVersion }),
});
