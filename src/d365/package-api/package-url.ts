import type { Ports } from "../../domain/ports.ts";
import type { FoundExecution } from "./find-execution.ts";

const URL_MS = 60 * 60_000;
const MAX_NAME_LENGTH = 100;

/**
 * An address at which anybody who has it can fetch the package for an hour.
 *
 * @returns `""` as long as there is none: clients ask again until there is one. It is also `""` when the package is no
 *   longer kept, or the execution failed: the status shows that
 */
export async function packageUrl(
  ports: Pick<Ports, "files" | "clock">,
  found: FoundExecution,
): Promise<string> {
  const path = found.kind === "export" ? found.run.result?.packageFile : undefined;
  if (found.kind !== "export" || path === undefined || (await ports.files.read(path)) === null) {
    return "";
  }
  const { packageName, executionId } = found.run.package;
  return ports.files.readUrl(path, {
    expiresAt: new Date(ports.clock.now().getTime() + URL_MS),
    fileName: fileNameOf(packageName || executionId),
    contentType: "application/zip",
  });
}

/** A partner's name for the package, in characters that are safe in any header and file system. */
function fileNameOf(name: string): string {
  const stem = name
    .replace(/\.zip$/i, "")
    .replace(/[^A-Za-z0-9_ -]+/g, "_")
    .slice(0, MAX_NAME_LENGTH)
    .trim();
  return `${stem || "package"}.zip`;
}

/** Deletes the package of an execution that has ended. The execution itself stays known. */
export async function deletePackage(
  ports: Pick<Ports, "files">,
  found: FoundExecution,
): Promise<void> {
  if (found.kind === "export" && found.run.result?.packageFile !== undefined) {
    await ports.files.delete(found.run.result.packageFile);
  }
}
