import { orderedEntities } from "../../domain/exports/package-definition.ts";
import type { Ports } from "../../domain/ports.ts";
import { findExportGroup, type GroupRequest } from "./definition-groups.ts";

/**
 * Makes the next package of an export hold all rows of an entity, or of all its entities. A running package is not
 * disturbed, and cannot undo it. The export's own cursor, and so every subscriber, is left alone.
 *
 * @param request.entityName `""`: all
 * @throws AppError `definition-not-found`, `application-unknown`
 */
export async function resetVersionToken(
  ports: Pick<Ports, "definitions" | "runs" | "ids">,
  request: GroupRequest & { readonly entityName: string },
): Promise<void> {
  const { id, body } = await findExportGroup(ports, request);
  const names = request.entityName === "" ? [] : [request.entityName];
  for (const { name } of orderedEntities(body, names)) {
    await ports.runs.putChangeToken(id, name, ports.ids.guid());
  }
}
