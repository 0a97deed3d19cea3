import { requireKnownApplication } from "../../domain/definitions/require-known-application.ts";
import { AppError } from "../../domain/errors.ts";
import type { Execution } from "../../domain/exports/executions.ts";
import type { OrderedRun } from "../../domain/exports/run.ts";
import type { Ports } from "../../domain/ports.ts";
import { noteAsked } from "../../domain/submissions/repetition.ts";
import type { Submission } from "../../domain/submissions/submission.ts";
import { runOf } from "./order-package.ts";

/** Meaning of an execution id. */
export type FoundExecution =
  | { readonly kind: "import"; readonly submission: Submission }
  | { readonly kind: "export"; readonly run: OrderedRun };

export interface Lookup {
  readonly applicationId: string;
  /** Execution id, or the id of the message that led to the execution. */
  readonly id: string;
}

export type FindPorts = Pick<
  Ports,
  "definitions" | "submissions" | "executions" | "runs" | "runQueue" | "clock" | "log"
>;

/**
 * Finds an execution of an import or an export that the application may use. An id that stands for several is that of
 * the newest.
 *
 * @throws AppError `execution-not-found`; scripts know the sentence. `application-unknown`
 */
export async function findExecution(ports: FindPorts, lookup: Lookup): Promise<FoundExecution> {
  const found = await lookUpExecution(ports, lookup);
  if (found === null) {
    await requireKnownApplication(ports, lookup.applicationId);
    throw new AppError(
      "execution-not-found",
      `Execution details were not found for execution id: ${lookup.id}`,
    );
  }
  return found;
}

/** {@link findExecution}; null when there is none. */
export async function lookUpExecution(
  ports: FindPorts,
  { applicationId, id }: Lookup,
): Promise<FoundExecution | null> {
  if (id === "") {
    return null;
  }
  const [submissions, executions] = await Promise.all([
    ports.submissions.findEach(id),
    ports.executions.find(id),
  ]);
  const found: FoundExecution[] = [];
  for (const submission of submissions) {
    if (await mayUseImport(ports, applicationId, submission)) {
      found.push({ kind: "import", submission });
    }
  }
  for (const execution of executions) {
    if (await mayUseExport(ports, applicationId, execution)) {
      found.push({ kind: "export", run: await runOf(ports, execution) });
    }
  }
  const [newest = null] = found.sort((a, b) => receivedAtMs(b) - receivedAtMs(a));
  if (newest?.kind === "import") {
    await noteAsked(ports, newest.submission);
  }
  return newest;
}

/** The execution id that partners are told: their own, if they gave one. */
export function partnersId(found: FoundExecution): string {
  return found.kind === "import"
    ? (found.submission.clientExecutionId ?? found.submission.executionId)
    : found.run.package.executionId;
}

function receivedAtMs(found: FoundExecution): number {
  const at = found.kind === "import" ? found.submission.receivedAt : found.run.queuedAt;
  return at.getTime();
}

/**
 * A submission belongs to all applications of its connector; after the connector was deleted, to the application that
 * sent it.
 */
async function mayUseImport(
  ports: Pick<Ports, "definitions">,
  applicationId: string,
  submission: Submission,
): Promise<boolean> {
  const connector = await ports.definitions.find("connectors", submission.connectorId);
  return connector === null
    ? submission.applicationId === applicationId
    : connector.body.enabled && connector.body.applications.includes(applicationId);
}

/**
 * An order is for the application that made it: those of one export need not know each other. A definition that was
 * deleted takes nothing from who ordered.
 */
async function mayUseExport(
  ports: Pick<Ports, "definitions">,
  applicationId: string,
  { exportId, run }: Execution,
): Promise<boolean> {
  if (run.package.applicationId !== applicationId) {
    return false;
  }
  const definition = await ports.definitions.find("exports", exportId);
  return (
    definition === null || definition.body.packageApi?.applications.includes(applicationId) === true
  );
}
