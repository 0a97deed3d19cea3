import { AppError } from "../../../domain/errors.ts";
import { addressBeneath } from "../address.ts";
import type { HttpJsonDefinition } from "./definition.ts";

/**
 * The address of the first page, without the parameters of paging.
 *
 * @param from canonical instant of the oldest changed row to ask for; null: everything
 * @throws AppError `source-invalid` when the path leads out of the base URL
 */
export function firstAddress(definition: HttpJsonDefinition, base: URL, from: string | null): URL {
  const address = addressBeneath(base, definition.path.replace(/^\/+/, ""));
  if (address === null) {
    throw new AppError(
      "source-invalid",
      `Cannot read path "${definition.path}": it leads out of the connection's base URL`,
    );
  }
  for (const [name, value] of Object.entries(definition.query)) {
    address.searchParams.set(name, value);
  }
  if (from !== null) {
    addFilter(definition, address.searchParams, from);
  }
  return address;
}

function addFilter(
  { incremental }: HttpJsonDefinition,
  parameters: URLSearchParams,
  from: string,
): void {
  if (incremental.by === "none") {
    return;
  }
  const { filter } = incremental;
  if (filter.by === "parameter") {
    parameters.set(filter.parameter, filter.template.replaceAll("{from}", from));
    return;
  }
  const own = parameters.get("$filter");
  const condition = `${filter.field} ge ${from}`;
  parameters.set("$filter", own === null ? condition : `(${own}) and ${condition}`);
}
