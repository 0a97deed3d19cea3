import { partnerBecause } from "../../domain/imports/import-result.ts";
import { type ListedError, partnerReason } from "../../domain/imports/row-errors.ts";
import { partnerMessage, type ToldFailure } from "../../domain/partner-message.ts";
import type { Ports } from "../../domain/ports.ts";
import { listExecutionErrors } from "../../domain/submissions/find-submission.ts";
import type { ExecutionSummaryStatus } from "../d365-status.ts";
import type { FoundExecution } from "./find-execution.ts";
import type { EntitySummary, ExecutionError } from "./package-api.ts";
import { CHECKED_ONLY, entityStatus, runStatus, submissionStatus } from "./status-vocabularies.ts";

export function executionStatus(found: FoundExecution): ExecutionSummaryStatus {
  const words = found.kind === "import" ? submissionStatus(found.submission) : runStatus(found.run);
  return words.execution;
}

/** The errors: why the execution failed, and then the listed errors of rows. */
export async function executionErrors(
  ports: Pick<Ports, "files">,
  found: FoundExecution,
): Promise<ExecutionError[]> {
  if (found.kind === "export") {
    return failureOf(found.run.failure);
  }
  const { failure, result } = found.submission;
  const rows = await listExecutionErrors(ports, found.submission);
  return [
    ...failureOf(failure),
    ...(result?.entities ?? []).flatMap((entity) => {
      const because = partnerBecause(entity);
      return because === null || entity.because === failure?.message
        ? []
        : [general(`${entity.name}: ${because}`)];
    }),
    ...rows.map(rowError),
  ];
}

function rowError(error: ListedError): ExecutionError {
  const { row, field, value } = error;
  const reason = partnerReason(error);
  return {
    RecordId: String(row),
    Field: field ?? "",
    ErrorMessage: value === null ? reason : `${JSON.stringify(value)} ${reason}`,
  };
}

/** Progress of each entity. Nothing is known before the end of an import. */
export function entitySummaries(found: FoundExecution): EntitySummary[] {
  if (found.kind === "export") {
    const { run } = found;
    const Status = runStatus(run).execution;
    const names = run.package.entities;
    // rows are counted for the package as a whole
    const Records = names.length === 1 ? (run.result?.totalRecordsExported ?? 0) : 0;
    const Message = run.failure === null ? "" : partnerMessage(run.failure);
    return names.map((EntityName) => ({ EntityName, Status, Records, Errors: 0, Message }));
  }
  return (found.submission.result?.entities ?? []).map((entity) => ({
    EntityName: entity.name,
    Status: entityStatus(entity).target,
    Records: entity.rows,
    Errors: entity.invalidRows + entity.refusedRows,
    Message: partnerBecause(entity) ?? (entity.outcome === "validated" ? CHECKED_ONLY : ""),
  }));
}

function failureOf(failure: ToldFailure | null): ExecutionError[] {
  return failure === null ? [] : [general(partnerMessage(failure))];
}

/** An error that is about no row. */
function general(message: string): ExecutionError {
  return { RecordId: "", Field: "", ErrorMessage: message };
}
