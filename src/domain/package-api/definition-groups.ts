import type { ConnectorOf } from "../../contracts/definitions.ts";
import type { ActivityId } from "../../contracts/ids.ts";
import { requireKnownApplication } from "../definitions/require-known-application.ts";
import { AppError } from "../errors.ts";
import type { Ports, StoredDefinition } from "../ports.ts";

/**
 * What a client's `definitionGroupId` means, for the application that calls. Names are compared without regard to case.
 *
 * | for     | names                                                                             | who may                      |
 * |---------|-----------------------------------------------------------------------------------|------------------------------|
 * | exports | the export's id; `packageApi.definitionGroup`; `definitionGroup` of a package     | `packageApi.applications`    |
 * | imports | the import's id; the name of a connector that takes data packages for that import | that connector's applications |
 *
 * What others may use looks exactly like what does not exist.
 */
export interface GroupRequest {
  readonly applicationId: string;
  readonly definitionGroupId: string;
}

/** @throws AppError `definition-not-found`, `request-invalid` when several have the name, `application-unknown` */
export async function findExportGroup(
  ports: Pick<Ports, "definitions">,
  request: GroupRequest,
): Promise<StoredDefinition<"exports">> {
  const found: Candidate<StoredDefinition<"exports">>[] = [];
  for await (const definition of ports.definitions.all("exports")) {
    const { packageApi, format } = definition.body;
    if (packageApi?.applications.includes(request.applicationId)) {
      const names = [
        packageApi.definitionGroup,
        format.kind === "package" ? format.definitionGroup : undefined,
      ];
      found.push({ id: definition.id, names, what: definition });
    }
  }
  return chosen(ports, found, request);
}

/** A connector for data packages, as the package API hands them in. */
export interface ImportGroup {
  readonly activityId: ActivityId;
  readonly connector: ConnectorOf<"import">;
}

/** @throws AppError `definition-not-found`, `request-invalid` when several have the name, `application-unknown` */
export async function findImportGroup(
  ports: Pick<Ports, "definitions">,
  request: GroupRequest,
): Promise<ImportGroup> {
  const found: Candidate<ImportGroup>[] = [];
  for await (const { id: activityId, body } of ports.definitions.all("connectors")) {
    const takesPackages = body.direction === "import" && body.content === "package";
    if (takesPackages && body.enabled && body.applications.includes(request.applicationId)) {
      found.push({ id: body.import, names: [body.name], what: { activityId, connector: body } });
    }
  }
  return chosen(ports, found, request);
}

interface Candidate<What> {
  readonly id: string;
  readonly names: readonly (string | undefined)[];
  readonly what: What;
}

/** An id goes before a name, and the first of several doors to one import is as good as any. */
async function chosen<What>(
  ports: Pick<Ports, "definitions">,
  candidates: readonly Candidate<What>[],
  { applicationId, definitionGroupId }: GroupRequest,
): Promise<What> {
  const wanted = definitionGroupId.toLowerCase();
  const named = candidates.filter(({ names }) =>
    names.some((name) => name?.toLowerCase() === wanted),
  );
  const first = candidates.find(({ id }) => id === wanted) ?? named[0];
  if (first === undefined) {
    await requireKnownApplication(ports, applicationId);
    throw new AppError(
      "definition-not-found",
      `Cannot find definition group "${definitionGroupId}": there is none that this application may use`,
    );
  }
  const ids = new Set(named.map(({ id }) => id));
  if (first.id !== wanted && ids.size > 1) {
    const list = [...ids].map((id) => `"${id}"`).join(", ");
    throw new AppError(
      "request-invalid",
      `Cannot use definition group "${definitionGroupId}": several have this name; use an id instead: ${list}`,
    );
  }
  return first.what;
}
