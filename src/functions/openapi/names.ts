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
import {
  ConnectorDefinition,
  ExportDefinition,
  ExportEntity,
  SubscriptionDefinition,
} from "../../domain/definitions/definitions.ts";
import { SourceDefinition } from "../../domain/definitions/source-definition.ts";
import { Schedule } from "../../domain/exports/schedule-definition.ts";
import { ImportColumn } from "../../domain/imports/import-column.ts";
import { ImportDefinition, ImportTarget } from "../../domain/imports/import-definition.ts";
import {
  InboundMessageAnswer,
  InboundMessageDetail,
} from "../../domain/submissions/inbound-api.ts";
import { FormatOptions } from "../../formats/export-format.ts";
import { ImportFormat } from "../../formats/import-format.ts";
import { CleanupRequest, CleanupResponse } from "../connector-care-api.ts";
import { ProblemDetails } from "../http/problem-details.ts";
import {
  LedgerEntryAnswer,
  MessageAnswer,
  RunAnswer,
  RunRequest,
  SlotAnswer,
} from "../operator-api.ts";
import { STORED_DEFINITIONS, UnreadableAnswer } from "./stored-definitions.ts";

type Names = Readonly<Record<string, z.ZodType>>;

/** Schemas that requests are described by under a name of their own; any other stands where it is used. */
export const REQUEST_SCHEMAS: Names = {
  AckRequest,
  CleanupRequest,
  ConnectorDefinition,
  EntityNames,
  ExportDefinition,
  ExportEntity,
  ExportRequest,
  FormatOptions,
  ImportColumn,
  ImportDefinition,
  ImportFormat,
  ImportRequest,
  ImportTarget,
  LeaseRequest,
  OfEntity,
  OfExecution,
  RejectRequest,
  ReleaseRequest,
  RunRequest,
  Schedule,
  SourceDefinition,
  SubscriptionDefinition,
  TokenReset,
};

/** The same for answers. What is stored has every default in its place, and so a name besides that of what is sent. */
export const ANSWER_SCHEMAS: Names = {
  CleanupResponse,
  DequeueManyResponse,
  DequeueResponse,
  ExecutionDetail,
  InboundMessage: InboundMessageAnswer,
  InboundMessageDetail,
  JobStatusResponse,
  LedgerEntry: LedgerEntryAnswer,
  Message: MessageAnswer,
  OdataError,
  PeekedMessage,
  PeekResponse,
  ProblemDetails,
  RenewResponse,
  Run: RunAnswer,
  Slot: SlotAnswer,
  StoredConnector: STORED_DEFINITIONS.connectors,
  StoredExport: STORED_DEFINITIONS.exports,
  StoredExportEntity: ExportEntity,
  StoredFormatOptions: FormatOptions,
  StoredImport: STORED_DEFINITIONS.imports,
  StoredImportColumn: ImportColumn,
  StoredImportFormat: ImportFormat,
  StoredImportTarget: ImportTarget,
  StoredSchedule: Schedule,
  StoredSource: SourceDefinition,
  StoredSubscription: STORED_DEFINITIONS.subscriptions,
  UnreadableDefinition: UnreadableAnswer,
  UploadResponse,
};
