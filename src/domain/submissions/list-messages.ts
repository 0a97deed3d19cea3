import { eachDefinition } from "../definitions/each-definition.ts";
import type { Page, PageRequest } from "../page.ts";
import type { Ports } from "../ports.ts";
import type { InboundState } from "./inbound-api.ts";
import type { InboundMessage } from "./inbound-message.ts";

/**
 * The messages of an import, connector by connector in the order of their ids; the newest of each first.
 *
 * @param request.state only those in this state; null: all
 */
export async function listMessagesOfImport(
  ports: Pick<Ports, "definitions" | "inbox">,
  importId: string,
  request: PageRequest & { state: InboundState | null },
): Promise<Page<InboundMessage>> {
  const { state, limit } = request;
  const [from = "", after = null] = request.after === null ? [] : request.after.split("|", 2);
  const items: InboundMessage[] = [];
  for await (const { id, body } of eachDefinition(ports, "connectors")) {
    if (body.direction !== "import" || body.import !== importId || id < from) {
      continue;
    }
    if (items.length === limit) {
      return { items, next: `${id}|` };
    }
    const page = await ports.inbox.list(id, state, {
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
