const { app } = require("@azure/functions");

app.http("fromCommonJs", { handler: () => ({}) });
