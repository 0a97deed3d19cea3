import type { Reporter, TestModule } from "vitest/node";
import type {} from "./conformance-record.ts";

const SAYS: Readonly<Record<string, string>> = {
  unit: "without any network",
  stack: "against the local cloud",
};

/**
 * Says in the last lines how many tests ran, how many of them against the local cloud, and how many answers of the app
 * were held to the API's document meanwhile.
 */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const held = modules.map((module) => module.meta().heldAnswers ?? 0);
    const answers = held.reduce((sum, count) => sum + count, 0);
    process.stdout.write(
      answers === 0
        ? ""
        : `\nAnswers held to /api/openapi.json: ${answers}, in ${held.filter(Boolean).length} files\n`,
    );
    const kinds = new Set(modules.map(kindOf));
    for (const kind of kinds) {
      const tests = modules
        .filter((module) => kindOf(module) === kind)
        .flatMap((module) => [...module.children.allTests()]);
      const count = (state: string): number =>
        tests.filter((test) => test.result().state === state).length;
      process.stdout.write(
        `\nTests ${SAYS[kind] ?? kind}:\n${kind}: ${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped\n`,
      );
    }
  }
}

/** Projects with files that need a process of their own are named after the others: `unit-alone` counts as `unit`. */
function kindOf({ project }: TestModule): string {
  return project.name.replace(/-alone$/, "");
}
