const { app } = require("@azure/functions");

app.http("echo", {
  route: "echo/{id:int}/{name?}",
  methods: ["GET", "POST", "PUT"],
  handler: async (request) => ({
    jsonBody: {
      method: request.method,
      url: request.url,
      params: request.params,
      query: [...request.query],
      headers: Object.fromEntries(request.headers),
      body: await request.text(),
    },
  }),
});

app.http("throws", {
  handler: () => {
    throw new Error("no luck");
  },
});

app.http("nothing", { handler: () => null });

app.http("bytes", { handler: () => ({ body: new Uint8Array([1, 2, 255]) }) });

app.http("text", { handler: () => ({ status: 201, body: "text", headers: { "x-a": "1" } }) });

app.http("cookies", {
  handler: () => ({
    cookies: [
      { name: "a", value: "x y" },
      {
        name: "b",
        value: "2",
        path: "/p",
        domain: "example.com",
        maxAge: 60,
        expires: new Date("2030-01-01T00:00:00Z"),
        secure: true,
        httpOnly: true,
        sameSite: "None",
      },
    ],
  }),
});
