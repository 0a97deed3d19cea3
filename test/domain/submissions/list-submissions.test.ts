import { expect, test } from "vitest";
import type { PageRequest } from "../../../src/domain/page.ts";
import type { Ports } from "../../../src/domain/ports.ts";
import { listSubmissionsOfImport } from "../../../src/domain/submissions/list-submissions.ts";
import { aSubmission } from "../../support/a-submission.ts";
import { memoryDefinitions } from "../../support/memory-definitions.ts";

const [A, B, C, D] = ["1", "2", "3", "4"].map((n) => `${n}d9f7a54-0f0c-4d0e-9d7e-0c9d3a5e1b01`) as [
  string,
  string,
  string,
  string,
];

function connector(facts: Record<string, unknown> = {}): unknown {
  return {
    ...{ name: "Partner", direction: "import", import: "items", content: "file" },
    applications: ["0b1c6f6a-58a7-4b8c-8a55-2d1a3f0f7e11"],
    ...facts,
  };
}

/** Five submissions at A, none at B, three at D; C is for another import. */
function ports(): Pick<Ports, "definitions" | "submissions"> {
  const definitions = memoryDefinitions({
    [`connectors/${A}`]: connector(),
    [`connectors/${B}`]: connector(),
    [`connectors/${C}`]: connector({ import: "others" }),
    [`connectors/${D}`]: connector(),
  });
  const counts: Record<string, number> = { [A]: 5, [C]: 9, [D]: 3 };
  const list = async (connectorId: string, _: unknown, { limit, after }: PageRequest) => {
    const start = Number(after ?? 0);
    const end = Math.min(start + limit, counts[connectorId] ?? 0);
    const items = Array.from({ length: Math.max(end - start, 0) }, (__, index) =>
      aSubmission({ connectorId, id: `${connectorId.charAt(0)}${start + index}` }),
    );
    return { items, next: end < (counts[connectorId] ?? 0) ? String(end) : null };
  };
  return { definitions, submissions: { list } } as unknown as Pick<
    Ports,
    "definitions" | "submissions"
  >;
}

test.each([1, 2, 3, 5, 8, 100])(
  "pages of %d give each submission of the import once",
  async (limit) => {
    const ids: string[] = [];
    const sizes: number[] = [];
    let after: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof listSubmissionsOfImport>> =
        await listSubmissionsOfImport(ports(), "items", { limit, after, state: null });
      ids.push(...page.items.map(({ id }) => id));
      sizes.push(page.items.length);
      after = page.next;
    } while (after !== null);

    expect(ids).toEqual(["10", "11", "12", "13", "14", "40", "41", "42"]);
    expect(Math.max(...sizes)).toBeLessThanOrEqual(limit);
  },
);
