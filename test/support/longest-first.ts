import { BaseSequencer, type TestSpecification } from "vitest/node";

/** Files that take a minute and more, most of them because they wait; begun last, they would run alone at the end. */
export const LONGEST: readonly string[] = [
  "test/flows/black-hole.stack.test.ts",
  "test/flows/publish-to-pull.many.model.stack.test.ts",
  "test/flows/outages.stack.test.ts",
  "test/flows/imports-app-killed.stack.test.ts",
  "test/flows/app-killed.stack.test.ts",
  "test/flows/imports-large.stack.test.ts",
  "test/flows/long-runs.stack.test.ts",
  "test/flows/many-consumers.stack.test.ts",
  "test/systems/postgres/source/places.stack.test.ts",
  "test/infra/local/stack.stack.test.ts",
  "test/formats/hostile.stack.test.ts",
];

/** Begins with the longest files, whatever earlier runs have left in a cache. */
export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    const long = LONGEST.flatMap((path) =>
      sorted.filter(({ moduleId }) => moduleId.endsWith(`/${path}`)),
    );
    return [...long, ...sorted.filter((file) => !long.includes(file))];
  }
}
