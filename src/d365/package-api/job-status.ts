import { AppError } from "../../domain/errors.ts";
import { type EntityResult, partnerBecause } from "../../domain/imports/import-result.ts";
import { partnerMessage } from "../../domain/partner-message.ts";
import type { Ports } from "../../domain/ports.ts";
import { noteAsked } from "../../domain/submissions/repetition.ts";
import type { Submission } from "../../domain/submissions/submission.ts";
import {
  DATA_JOB_STATES,
  ENTITY_EXECUTION_STATES,
  type ExecutionDetail,
  type JobStatusResponse,
  NO_DATE,
} from "../d365-status.ts";
import { CHECKED_ONLY, entityStatus, submissionStatus } from "./status-vocabularies.ts";

/**
 * How far a message is that a connector has received, and what became of its rows.
 *
 * @throws AppError `submission-not-found`
 */
export async function jobStatus(
  ports: Pick<Ports, "submissions" | "clock">,
  { connectorId, id }: { connectorId: string; id: string },
): Promise<JobStatusResponse> {
  const submission = id === "" ? null : await ports.submissions.findAt(connectorId, id);
  if (submission === null) {
    throw new AppError(
      "submission-not-found",
      `Cannot find message "${id}": this connector has not received it`,
    );
  }
  const { repetitions } = await noteAsked(ports, submission);
  return {
    DataJobStatus: {
      DataProject: submission.importId,
      DataJobIdentifier: submission.id,
      ExternalIdentifier: submission.externalId ?? "",
      ExecutionIdentifier: submission.clientExecutionId ?? submission.executionId,
      DataJobStartedDateTime: dateOf(submission.startedAt),
      DataJobCompletedDateTime: dateOf(submission.endedAt),
      DataJobState: DATA_JOB_STATES[submissionStatus(submission).job],
    },
    ExecutionLog: logOf(submission),
    ExecutionDetail: (submission.result?.entities ?? []).map((entity) =>
      detailOf(submission, entity),
    ),
    ...(repetitions === 0 ? {} : { Repetitions: repetitions }),
  };
}

function detailOf({ company }: Submission, entity: EntityResult): ExecutionDetail {
  const words = entityStatus(entity);
  const { rows, invalidRows, refusedRows, outcome } = entity;
  return {
    EntityName: entity.name,
    Company: company ?? "",
    StagingRecords: rows,
    StagingStatus: ENTITY_EXECUTION_STATES[words.staging],
    StagingErrorCount: invalidRows,
    TargetRecords: outcome === "kept" ? rows - invalidRows - refusedRows : 0,
    TargetStatus: ENTITY_EXECUTION_STATES[words.target],
    TargetErrorCount: refusedRows,
    ExecutionStartedDateTime: dateOf(entity.startedAt),
    ExecutionCompletedDateTime: dateOf(entity.endedAt),
  };
}

/** Text about it for a partner. */
function logOf({ failure, result }: Submission): string {
  const reasons = (result?.entities ?? []).flatMap((entity) => {
    const because = partnerBecause(entity);
    return because === null || entity.because === failure?.message
      ? []
      : [`${entity.name}: ${because}`];
  });
  const errors = result?.errors ?? 0;
  const isChecked = result?.entities.some(({ outcome }) => outcome === "validated") === true;
  return [
    ...(failure === null ? [] : [partnerMessage(failure)]),
    ...reasons,
    ...(isChecked ? [CHECKED_ONLY] : []),
    ...(errors === 0 ? [] : [`${errors} error(s) in rows`]),
  ].join("\n");
}

function dateOf(date: Date | null): string {
  return date?.toISOString() ?? NO_DATE;
}
