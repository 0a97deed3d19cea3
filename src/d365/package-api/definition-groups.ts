import type { ConnectorOf } from "../../domain/definitions/definitions.ts";
import { eachDefinition } from "../../domain/definitions/each-definition.ts";
import { requireKnownApplication } from "../../domain/definitions/require-known-application.ts";
import { AppError } from "../../domain/errors.ts";
import type { ConnectorId } from "../../domain/ids.ts";
import type { Ports, StoredDefinition } from "../../domain/ports.ts";

/**
 * Meaning of a client's `definitionGroupId`, for the calling application. Names are compared without regard to case.
 *
 * | for     | names                                                                             | who may                      |
 * |---------|-----------------------------------------------------------------------------------|------------------------------|
 * | exports | the export's id; `packageApi.definitionGroup`; `definitionGroup` of a package     | `packageApi.applications`    |
 * | imports | the import's id; the name of a connector that takes data packages for that import | that connector's applications |
 *
 * Things of other applications look exactly as if they did not exist. An export whose `packageApi` has a company
 * belongs to this company alone, and comes before one of the same name that has none.
 */
export interface GroupRequest {
  readonly applicationId: string;
  readonly definitionGroupId: string;
  /** Company that the client names; absent or `""`: none. Tells exports of the same name apart. */
  readonly legalEntityId?: string;
}

/** @throws AppError `definition-not-found`, `request-invalid` when several have the name, `application-unknown` */
export async function findExportGroup(
  ports: Pick<Ports, "definitions">,
  request: GroupRequest,
): Promise<StoredDefinition<"exports">> {
  const found: Candidate<StoredDefinition<"exports">>[] = [];
  for await (const definition of eachDefinition(ports, "exports")) {
    const { packageApi, format } = definition.body;
    if (packageApi?.applications.includes(request.applicationId)) {
      const names = [
        packageApi.definitionGroup,
        format.kind === "package" ? format.definitionGroup : undefined,
      ];
      const company = packageApi.company ?? null;
      found.push({ id: definition.id, names, company, what: definition });
    }
  }
  return chosen(ports, found, request);
}

/** A connector for data packages, as the package API receives them. */
export interface ImportGroup {
  readonly connectorId: ConnectorId;
  readonly connector: ConnectorOf<"import">;
}

/** @throws AppError `definition-not-found`, `request-invalid` when several have the name, `application-unknown` */
export async function findImportGroup(
  ports: Pick<Ports, "definitions">,
  request: GroupRequest,
): Promise<ImportGroup> {
  const found: Candidate<ImportGroup>[] = [];
  for await (const { id: connectorId, body } of eachDefinition(ports, "connectors")) {
    const takesPackages = body.direction === "import" && body.content === "package";
    if (takesPackages && body.enabled && body.applications.includes(request.applicationId)) {
      const what = { connectorId, connector: body };
      found.push({ id: body.import, names: [body.name], company: null, what });
    }
  }
  return chosen(ports, found, request);
}

interface Candidate<What> {
  readonly id: string;
  readonly names: readonly (string | undefined)[];
  /** Null: of any company. */
  readonly company: string | null;
  readonly what: What;
}

/** An id goes before a name, and the first of several doors to one import is as good as any. */
async function chosen<What>(
  ports: Pick<Ports, "definitions">,
  candidates: readonly Candidate<What>[],
  request: GroupRequest,
): Promise<What> {
  const { applicationId, definitionGroupId } = request;
  const wanted = definitionGroupId.toLowerCase();
  const byId = candidates.find(({ id }) => id === wanted);
  const named =
    byId === undefined
      ? candidates.filter(({ names }) => names.some((name) => name?.toLowerCase() === wanted))
      : [byId];
  const [first] = named;
  if (first === undefined) {
    await requireKnownApplication(ports, applicationId);
    throw new AppError(
      "definition-not-found",
      `Cannot find definition group "${definitionGroupId}": there is none that this application may use`,
    );
  }
  const fitting = ofCompany(named, request);
  const ids = new Set(fitting.map(({ id }) => id));
  if (ids.size > 1) {
    const list = [...ids].map((id) => `"${id}"`).join(", ");
    throw new AppError(
      "request-invalid",
      `Cannot use definition group "${definitionGroupId}": several have this name; use an id instead: ${list}`,
    );
  }
  return (fitting[0] ?? first).what;
}

/** @throws AppError `request-invalid` when all are of other companies */
function ofCompany<What>(
  named: readonly Candidate<What>[],
  { definitionGroupId, legalEntityId = "" }: GroupRequest,
): readonly Candidate<What>[] {
  const wanted = legalEntityId.toLowerCase();
  if (wanted === "") {
    return named;
  }
  const own = named.filter(({ company }) => company?.toLowerCase() === wanted);
  const fitting = own.length > 0 ? own : named.filter(({ company }) => company === null);
  if (fitting.length === 0) {
    const companies = named.map(({ company }) => `"${company}"`).join(", ");
    throw new AppError(
      "request-invalid",
      `Cannot use definition group "${definitionGroupId}" for legal entity "${legalEntityId}": it is of ${companies}`,
    );
  }
  return fitting;
}
