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

test("a trigger that is not emulated is warned about and runs by hand", async () => {
  const app = await startAppForTest("hooked.ts", { settings });

  await byHand(app.url, "unknownTrigger", '{"a":1}');

  await app.line('got {"a":1}');
  expect(app.warnings).toContain(
    'Function "unknownTrigger": trigger "queueTrigger" is not emulated; it runs by hand only',
  );
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
  ["missing.mjs", 'no file matches "missing.mjs"'],
  ["broken-hook.mjs", "hook broke"],
])("%s does not start: %s", async (main, reason) => {
  await expect(startTestApp(main)).rejects.toThrow(reason);
});

test("an uncaught exception ends the process with a non-zero code", async () => {
  const app = await startTestApp("uncaught.mjs");
  const exited = once(app.child, "exit");
  await fetch(`${app.url}/api/bomb`).catch(() => undefined);

  expect((await exited)[0]).toBe(1);
  await app.line("thrown into the void");
});

test("main may be a glob of modules of both kinds", async () => {
  const app = await startAppForTest("parts/*.{mjs,cjs}");

  expect(app.functions.map(({ name }) => name)).toEqual(["fromCommonJs", "fromModule"]);
});

test("@azure/functions-core can be imported, which Azure cannot do", async () => {
  const app = await startAppForTest("imports-core.mjs");

  await app.line("@azure/functions-core is IMPORTED");
  expect(await (await fetch(`${app.url}/api/direct`)).text()).toBe("4.1052.200");
});

test("an app that registers nothing is warned about loudly", async () => {
  const app = await startAppForTest("empty.mjs");

  expect(app.warnings).toEqual([expect.stringContaining("NO FUNCTION IS REGISTERED")]);
});

test("functionTimeout fails the invocation, and ends the process if asked to", async () => {
  const app = await startTestApp("limited.mjs", {
    hostJson: { functionTimeout: "00:00:00.05" },
    arguments: ["--exit-on-timeout"],
  });
  const exited = once(app.child, "exit");
  await fetch(`${app.url}/api/waits`).catch(() => undefined);

  await app.line('Timeout of 0.05 s exceeded by function "waits"');
  expect((await exited)[0]).toBe(1);
});
