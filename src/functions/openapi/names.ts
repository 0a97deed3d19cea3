import type { z } from "zod";
import {
  AckRequest,
  DequeueManyResponse,
  DequeueResponse,
  LeaseRequest,
  PeekedMessage,
  PeekResponse,
  RejectRequest,
  ReleaseRequest,
  RenewResponse,
  UploadResponse,
} from "../../d365/connector-api.ts";
import { ExecutionDetail, JobStatusResponse } from "../../d365/d365-status.ts";
import { OdataError } from "../../d365/odata-schema.ts";
import {
  EntityNames,
  ExportRequest,
  ImportRequest,
  OfEntity,
  OfExecution,
  TokenReset,
} from "../../d365/package-api/package-api.ts";
import type { DefinitionSchemas } from "../../domain/definitions/definitions.ts";
import { FormatOptions, ImportFormat } from "../../domain/definitions/file-formats.ts";
import { Schedule } from "../../domain/exports/schedule-definition.ts";
import { ImportColumn } from "../../domain/imports/import-column.ts";
import { SubmissionAnswer, SubmissionDetail } from "../../domain/submissions/submission-api.ts";
import { CleanupRequest, CleanupResponse } from "../deliveries-api.ts";
import { ProblemDetails } from "../http/problem-details.ts";
import {
  DeliveryAnswer,
  LedgerEntryAnswer,
  RunAnswer,
  RunNowRequest,
  SlotAnswer,
} from "../operator-api.ts";
import { type StoredDefinitionSchemas, UnreadableAnswer } from "./stored-definitions.ts";

export type Names = Readonly<Record<string, z.ZodType>>;

/** Schemas that requests are described by under a name of their own; any other stands where it is used. */
export function requestNames({ kinds, parts }: DefinitionSchemas): Names {
  return {
    AckRequest,
    CleanupRequest,
    ConnectorDefinition: kinds.connectors,
    EntityNames,
    ExportDefinition: kinds.exports,
    ExportEntity: parts.entity,
    ExportRequest,
    FormatOptions,
    ImportColumn,
    ImportDefinition: kinds.imports,
    ImportFormat,
    ImportRequest,
    ImportTarget: parts.target,
    LeaseRequest,
    OfEntity,
    OfExecution,
    RejectRequest,
    ReleaseRequest,
    RunRequest: RunNowRequest,
    Schedule,
    SourceDefinition: parts.source,
    SubscriptionDefinition: kinds.subscriptions,
    TokenReset,
  };
}

/** The same for answers. What is stored has every default in its place, and so a name besides that of what is sent. */
export function answerNames({ parts }: DefinitionSchemas, stored: StoredDefinitionSchemas): Names {
  return {
    CleanupResponse,
    DequeueManyResponse,
    DequeueResponse,
    ExecutionDetail,
    Submission: SubmissionAnswer,
    SubmissionDetail,
    JobStatusResponse,
    LedgerEntry: LedgerEntryAnswer,
    Delivery: DeliveryAnswer,
    OdataError,
    PeekedMessage,
    PeekResponse,
    ProblemDetails,
    RenewResponse,
    Run: RunAnswer,
    Slot: SlotAnswer,
    StoredConnector: stored.connectors,
    StoredExport: stored.exports,
    StoredExportEntity: parts.entity,
    StoredFormatOptions: FormatOptions,
    StoredImport: stored.imports,
    StoredImportColumn: ImportColumn,
    StoredImportFormat: ImportFormat,
    StoredImportTarget: parts.target,
    StoredSchedule: Schedule,
    StoredSource: parts.source,
    StoredSubscription: stored.subscriptions,
    UnreadableDefinition: UnreadableAnswer,
    UploadResponse,
  };
}
