import { eachDefinition } from "../definitions/each-definition.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Ports } from "../ports.ts";
import type { Submission } from "./submission.ts";
import type { SubmissionState } from "./submission-api.ts";

/**
 * The submissions of an import, connector by connector in the order of their ids, newest first for each.
 *
 * @param request.state only submissions in this state; null: all
 */
export async function listSubmissionsOfImport(
  ports: Pick<Ports, "definitions" | "submissions">,
  importId: string,
  request: PageRequest & { state: SubmissionState | null },
): Promise<Page<Submission>> {
  const { state, limit } = request;
  const [from = "", after = null] = request.after === null ? [] : request.after.split("|", 2);
  const items: Submission[] = [];
  for await (const { id, body } of eachDefinition(ports, "connectors")) {
    if (body.direction !== "import" || body.import !== importId || id < from) {
      continue;
    }
    if (items.length === limit) {
      return { items, next: `${id}|` };
    }
    const page = await ports.submissions.list(id, state, {
      limit: limit - items.length,
      after: id === from && after !== "" ? after : null,
    });
    items.push(...page.items);
    if (page.next !== null) {
      return { items, next: `${id}|${page.next}` };
    }
  }
  return { items, next: null };
}
