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
    const projects = new Set(modules.map((module) => module.project.name));
    for (const project of projects) {
      const tests = modules
        .filter((module) => module.project.name === project)
        .flatMap((module) => [...module.children.allTests()]);
      const count = (state: string): number =>
        tests.filter((test) => test.result().state === state).length;
      process.stdout.write(
        `\nTests ${SAYS[project] ?? project}:\n${project}: ${count("passed")} passed, ${count("failed")} failed, ${count("skipped")} skipped\n`,
      );
    }
  }
}
