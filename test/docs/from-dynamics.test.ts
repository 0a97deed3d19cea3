import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ALL_DOORS } from "../support/api-document.ts";

const TEXT = readFileSync(join(import.meta.dirname, "../../docs/from-dynamics.md"), "utf8");

/** Exports of d365fo.integrations 0.4.39. */
const COMMANDS = [
  ...["Add-D365ODataConfig", "Enable-D365ExceptionIntegrations", "Export-D365DmfPackage"],
  ...["Get-D365ActiveODataConfig", "Get-D365DmfDataEntity", "Get-D365DmfMessageStatus"],
  ...["Get-D365ODataConfig", "Get-D365ODataEntityData", "Get-D365ODataEntityDataByKey"],
  ...["Get-D365ODataEntityKey", "Get-D365ODataEntityMandatoryField", "Get-D365ODataEntityUrl"],
  ...["Get-D365ODataMetadata", "Get-D365ODataPublicEntity", "Get-D365ODataPublicEnum"],
  ...["Get-D365ODataToken", "Get-D365ODataTokenInteractive", "Get-D365RestService"],
  ...["Get-D365RestServiceGroup", "Get-D365RestServiceOperation"],
  ...["Get-D365RestServiceOperationDetails", "Import-D365DmfPackage", "Import-D365ODataEntity"],
  ...["Import-D365ODataEntityBatchMode", "Invoke-D365DmfInit", "Invoke-D365ODataEntityAction"],
  ...["Invoke-D365RestEndpoint", "Remove-D365ODataEntity", "Remove-D365ODataEntityBatchMode"],
  ...["Set-D365ActiveODataConfig", "Set-D365ODataTokenInSession", "Update-D365ODataEntity"],
  "Update-D365ODataEntityBatchMode",
];

/** Settings that the jobs of RIS 3.5 read from their job files, except the paths of actions. */
const RIS_SETTINGS = [
  ...["AosUri", "AzureAuthEndpoint", "AadTenant", "UseADAL", "UseServiceAuthentication"],
  ...["AadClientId", "AadClientSecret", "UserName", "UserPassword", "ActivityId"],
  ...["DelayBetweenFiles", "DelayBetweenStatusCheck", "RetryCount", "RetryDelay"],
  ...["PauseJobOnException", "IndefinitePause", "InputDir", "UploadSuccessDir"],
  ...["UploadErrorsDir", "EntityName", "IsDataPackage", "Company", "StatusFileExtension"],
  ...["ProcessingJobPresent", "SearchPattern", "OrderBy", "ReverseOrder"],
  ...["ProcessingSuccessDir", "ProcessingErrorsDir", "DownloadSuccessDir", "DownloadErrorsDir"],
  ...["UnzipPackage", "AddTimestamp", "DeletePackage", "UploadInOrder", "ExecutionJobPresent"],
  ...["DataProject", "OverwriteDataProject", "ExecuteImport", "PackageTemplate"],
  ...["GetImportTargetErrorKeysFile", "MultiCompanyImport", "GetLegalEntityFromFilename"],
  ...["GetLegalEntityFromSubfolder", "FilenameSeparator", "LegalEntityTokenPosition"],
  ...["InputFilesArePackages", "GetExecutionErrors", "LogVerbose"],
];

interface CommandRow {
  readonly commands: readonly string[];
  /** Such as `GET /data/{EntityName}`. */
  readonly requests: readonly string[];
  /** Null where the table says of all rows that they do not work. */
  readonly works: string | null;
}

/** Rows of the two tables of commands. */
const ROWS: readonly CommandRow[] = [
  ...TEXT.matchAll(/^\| (`[A-Z][a-z]+-D365[^|]*) \| ([^|]*) \|(?: ([^|]*) \|)?$/gm),
].map(([, commands = "", asks = "", works]) => ({
  commands: [...commands.matchAll(/`([\w-]+)`/g)].map(([, name = ""]) => name),
  requests: [...asks.matchAll(/`([A-Z]+ \/[^`]*)`/g)].map(([, request = ""]) => request),
  works: works ?? null,
}));

/** Whether some operation answers such a request; what stands in braces is anything without a slash. */
function isAnswered(request: string): boolean {
  const plain = request.replaceAll(/[.*+?^$()|[\]\\]/g, "\\$&");
  const asked = new RegExp(`^${plain.replaceAll(/\{\w+\}/g, "[^/]+")}$`, "i");
  return ALL_DOORS.some(({ method, path }) => asked.test(`${method} ${path}`));
}

test("docs/from-dynamics.md tells of each command of the PowerShell module, once", () => {
  expect(ROWS.flatMap(({ commands }) => commands).sort()).toEqual([...COMMANDS].sort());
});

test("what commands that work ask for is answered, by the API's description", () => {
  const works = ROWS.filter((row) => /^(?:yes|with)/.test(row.works ?? ""));

  const requests = works.flatMap((row) => row.requests);

  expect(requests.length).toBeGreaterThan(5);
  expect(requests.filter((request) => !isAnswered(request))).toEqual([]);
});

test("what the other commands ask for has no endpoint here", () => {
  const others = ROWS.filter(({ works }) => works === null);

  const requests = others.flatMap((row) => row.requests);

  expect(others.flatMap(({ commands }) => commands)).toHaveLength(19);
  expect(requests.filter(isAnswered)).toEqual([]);
});

test("docs/from-dynamics.md tells of each setting of RIS, and of no other", () => {
  const [, section = ""] =
    /^## Recurring Integrations Scheduler[^\n]*\n([\s\S]*?)^## /m.exec(TEXT) ?? [];
  const cells = [...section.matchAll(/^\| ([^|]*) \| [^|]* \|$/gm)].map(([, cell = ""]) => cell);
  const named = cells.flatMap((cell) =>
    [...cell.matchAll(/`([A-Z]\w+)`/g)].map(([, name = ""]) => name),
  );

  expect([...new Set(named)].sort()).toEqual([...RIS_SETTINGS].sort());
});
