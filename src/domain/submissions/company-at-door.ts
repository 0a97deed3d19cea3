import type { ConnectorOf } from "../definitions/definitions.ts";
import { AppError } from "../errors.ts";
import type { ImportDefinition } from "../imports/import-definition.ts";
import { quotedList } from "../values/quoted-list.ts";

/**
 * The company of a file in the spelling of the connector or the import, if they list companies; letter case does not
 * matter. A file that names no company is accepted.
 *
 * @throws AppError `request-invalid` for a company that is not listed
 */
export function companyAtDoor(
  company: string | null,
  connector: Pick<ConnectorOf<"import">, "companies">,
  definition: Pick<ImportDefinition, "companies">,
): string | null {
  const wanted = company?.trim().toLowerCase() ?? "";
  let spelled = company;
  for (const companies of [definition.companies, connector.companies]) {
    if (wanted === "" || companies === undefined) {
      continue;
    }
    const found = companies.find((listed) => listed.toLowerCase() === wanted);
    if (found === undefined) {
      throw new AppError(
        "request-invalid",
        `Cannot take the file: there is no company ${JSON.stringify(company)} here; there are ${quotedList(companies)}`,
      );
    }
    spelled = found;
  }
  return spelled;
}
