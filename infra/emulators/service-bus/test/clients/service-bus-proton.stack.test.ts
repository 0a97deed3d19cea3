import { join } from "node:path";
import { expect, test } from "vitest";
import { EMULATOR_RULE } from "../../src/authorization/rule.ts";
import { run, startBroker } from "./service-bus-clients.ts";

/** Debian's packages are seen by Debian's Python only. */
const PYTHONS = ["python3", "/usr/bin/python3"];

async function pythonWithProton(): Promise<string | null> {
  for (const python of PYTHONS) {
    const found = await run(python, ["-c", "import proton"]).catch(() => null);
    if (found !== null) {
      return python;
    }
  }
  return null;
}

test("qpid-proton sends, receives and settles; a failed message counts as tried, a released one does not", async ({
  skip,
}) => {
  const python = await pythonWithProton();
  if (python === null) {
    return skip("python3-qpid-proton is not installed");
  }
  const { port, namespace } = await startBroker();

  const script = join(import.meta.dirname, "python", "proton_client.py");
  const { name, primaryKey } = EMULATOR_RULE;
  const tries = JSON.parse(await run(python, [script, String(port), name, primaryKey]));

  expect(tries).toEqual({ completed: [0], released: [0, 0], failed: [0, 1] });
  expect(namespace.store("orders").messages.size).toBe(0);
});
