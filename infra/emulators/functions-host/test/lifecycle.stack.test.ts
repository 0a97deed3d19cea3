import { once } from "node:events";
import { connect } from "node:net";
import { expect, test } from "vitest";
import { startAppForTest, startTestApp } from "./start-app.ts";

const settings = { Schedule: "0 0 0 1 1 *", OwnSetting: "given" };

function canConnect(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}

async function byHand(url: string, name: string, input?: string) {
  const body = JSON.stringify(input === undefined ? {} : { input });
  const response = await fetch(`${url}/admin/functions/${name}`, { method: "POST", body });
  expect(response.status).toBe(202);
}

test("hooks run in their order, and may change handler, result and log", async () => {
  const app = await startAppForTest("hooked.ts", { settings });

  await byHand(app.url, "wrapped");
  await app.line("Executed 'Functions.wrapped' (Succeeded");
  await byHand(app.url, "rescued");
  await app.line("Executed 'Functions.rescued' (Succeeded");
  await byHand(app.url, "logs");
  await app.line("Executed 'Functions.logs' (Succeeded");

  expect(await (await fetch(`${app.url}/api/seen`)).json()).toEqual([
    "appStart",
    "pre wrapped",
    "post wrapped: done, wrapped",
    "pre rescued",
    "post rescued: Error: rescue me",
    "pre logs",
    "post logs: null",
    "pre seen",
  ]);
  expect(await app.line("changed by the log hook")).toMatchObject({
    level: "error",
    category: "user",
    functionName: "logs",
  });
});

test("settings reach the app, and a timer by hand gets its input", async () => {
  const app = await startAppForTest("hooked.ts", { settings });

  await byHand(app.url, "logs");

  await app.line("the setting is given");
  const { message } = await app.line("timer {");
  expect(JSON.parse(message.replace("timer ", ""))).toMatchObject({
    isPastDue: false,
    schedule: { adjustForDST: true },
    scheduleStatus: { last: "0001-01-01T00:00:00+00:00" },
  });
});

test("the library's own checks work: logging after the end, registering after the start", async () => {
  const app = await startAppForTest("hooked.ts", { settings });

  await byHand(app.url, "forgetful");
  await app.line("Unexpected call to 'log' on the context object after function execution");
  await byHand(app.url, "registersLate");
  await app.line("A function can only be registered during app startup.");
});

test("a schedule that names no setting puts its function out of work, not the others", async () => {
  const app = await startAppForTest("hooked.ts");

  expect(app.functions).toContainEqual(
    expect.objectContaining({
      name: "rescued",
      problem: '"%Schedule%" does not resolve to a value: there is no setting "Schedule"',
    }),
  );
  await byHand(app.url, "wrapped");
  await app.line("Executed 'Functions.wrapped' (Succeeded");
});

test("SIGTERM runs the appTerminate hooks and ends with 0", async () => {
  const app = await startTestApp("hooked.ts", { settings });
  const told = new Promise((resolve) => {
    app.child.on("message", (message: { type: string }) => {
      if (message.type === "terminated") {
        resolve(message);
      }
    });
  });
  const code = app.stop();

  expect(await told).toEqual({ type: "terminated", knowsStart: true });
  expect(await code).toBe(0);
});

test.each([["a stop message"], ["the parent's going"]])("%s ends the process", async (way) => {
  const app = await startTestApp("hooked.ts", { settings });
  const exited = once(app.child, "exit");
  if (way === "a stop message") {
    app.child.send({ type: "stop" });
  } else {
    app.child.disconnect();
  }

  expect((await exited)[0]).toBe(0);
});

test("stop lets a request under way end, and takes no new connection", async () => {
  const app = await startTestApp("limited.mjs");
  const waiting = fetch(`${app.url}/api/waits`).then((response) => response.text());
  await app.line("waiting");
  const code = app.stop();
  await expect.poll(() => canConnect(app.port)).toBe(false);
  app.child.send({ type: "release" });

  expect(await waiting).toBe("released");
  expect(await code).toBe(0);
});

test("stop ends what outlives the grace period", async () => {
  const app = await startTestApp("limited.mjs", { arguments: ["--grace-ms", "50"] });
  const waiting = fetch(`${app.url}/api/waits`);
  const outcome = expect(waiting).rejects.toThrow("fetch failed");
  await app.line("waiting");

  expect(await app.stop()).toBe(0);
  await outcome;
  await app.line("1 invocations have not ended in 50 ms");
});

test.each([
  ["crashes.mjs", "Cannot load"],
  ["missing.mjs", "there is no"],
  ["*.mjs", "not served here: a pattern for several files"],
  ["broken-hook.mjs", "hook broke"],
])("%s does not start: %s", async (main, reason) => {
  await expect(startTestApp(main)).rejects.toThrow(reason);
});

test("an app that asks for what is left out does not start, and is told all of it", async () => {
  await expect(startTestApp("not-served.mjs")).rejects.toThrow(
    [
      'Cannot start the app: not served here: cardinality "many" of function "batches"',
      'binding "$return" (serviceBus) of function "sends"',
      'the retry policy of function "sends"',
      'trigger "queueTrigger" of function "other"',
      'authLevel "function" of function "keyed"',
      'HTTP without app.setup({ enableHttpStream: true }) of function "keyed"',
    ].join("; "),
  );
});

test("a host.json that asks for what is left out does not start the app", async () => {
  const hostJson = { functions: ["a"], extensions: { http: { maxConcurrentRequests: 5 } } };

  await expect(startTestApp("timers.mjs", { hostJson })).rejects.toThrow(
    "not served here: functions; extensions.http.maxConcurrentRequests of host.json",
  );
});

test("an uncaught exception ends the process with a non-zero code", async () => {
  const app = await startTestApp("uncaught.mjs");
  const exited = once(app.child, "exit");
  await fetch(`${app.url}/api/bomb`).catch(() => undefined);

  expect((await exited)[0]).toBe(1);
  await app.line("thrown into the void");
});

test("an app that registers nothing is warned about loudly", async () => {
  const app = await startAppForTest("empty.mjs");

  expect(app.warnings).toEqual([expect.stringContaining("NO FUNCTION IS REGISTERED")]);
});
