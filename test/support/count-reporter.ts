import type { Reporter, TestModule } from "vitest/node";

const SAYS: Readonly<Record<string, string>> = {
  unit: "without any network",
  stack: "against the local cloud",
};

/** Says in the last lines how many tests ran, and how many of them against the local cloud. */
export default class CountReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
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
