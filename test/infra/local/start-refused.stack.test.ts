import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";

const run = promisify(execFile);

/** Output and exit code of `npm start`, with none of the machine's settings. */
async function startWith(
  settings: Record<string, string>,
  options: readonly string[] = [],
): Promise<{ code: number; text: string }> {
  const start = run(process.execPath, ["infra/local/start.ts", "--any-port", ...options], {
    env: { PATH: "/usr/sbin:/usr/bin:/sbin:/bin", ...settings },
  });
  return start.then(
    ({ stdout }) => ({ code: 0, text: stdout }),
    ({ code, stderr }: { code: number; stderr: string }) => ({ code, text: stderr }),
  );
}

test("the local cloud does not start on wrong settings, and names each", async () => {
  const { code, text } = await startWith({ RATE_LIMIT_BURST: "0", RATE_LIMIT_PER_SECOND: "many" });

  expect(code).toBe(1);
  expect(text).toContain("RATE_LIMIT_BURST: must be a whole number");
  expect(text).toContain("RATE_LIMIT_PER_SECOND: must be a whole number");
});

test("nor on a connection that is wrong", async () => {
  const { code, text } = await startWith({ CONNECTION_CRM: "mysql://user:hunter2@host" });

  expect(code).toBe(1);
  expect(text).toContain("CONNECTION_CRM: must be a URL such as postgres://");
  expect(text).not.toContain("hunter2");
});

test.each(["--storage", "--service-bus"])(
  "nor on a connection string for %s that none is, and starts nothing",
  async (option) => {
    const { code, text } = await startWith({}, [option, "hunter2"]);

    expect({ code, text }).toEqual({
      code: 1,
      text: `Cannot start: the value of ${option} is not a connection string\n`,
    });
  },
);
