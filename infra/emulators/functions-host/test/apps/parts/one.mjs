import { app } from "@azure/functions";

app.http("fromModule", { handler: () => ({}) });
