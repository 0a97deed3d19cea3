import { everyTurn, startingAnywhere } from "../every-turn.ts";
import type { Ports } from "../ports.ts";
import { deletePackages } from "./delete-packages.ts";
import { deleteStrayFiles } from "./delete-stray-files.ts";
import { deleteSubmissionFiles } from "./delete-submission-files.ts";
import { deleteUploads } from "./delete-uploads.ts";

type StoragePorts = Pick<
  Ports,
  "definitions" | "submissions" | "runs" | "ledger" | "files" | "clock" | "ids" | "log"
>;

const CHORES: readonly ((ports: StoragePorts, signal: AbortSignal) => Promise<number>)[] = [
  deleteSubmissionFiles,
  deleteUploads,
  deletePackages,
  deleteStrayFiles,
  deleteEndedClaims,
];

/**
 * Deletes all other stored things whose time has come. These are received files, files about their errors, uploads,
 * ordered packages, ended claims, and files without a result. Things that may still be needed are kept, whatever their
 * age.
 *
 * A sweep holds one page at a time, may be ended anywhere, and begins each time with another chore. A failed chore does
 * not stop the others.
 *
 * @param signal ends the sweep early
 * @returns how many files and claims were deleted
 * @throws the first failure, after an attempt on every chore
 */
export async function sweepStorage(ports: StoragePorts, signal: AbortSignal): Promise<number> {
  return everyTurn(startingAnywhere(CHORES, ports.ids.guid()), (chore) => chore(ports, signal));
}

/** Number of claims in one request. */
const MAX_CLAIMS = 100;

async function deleteEndedClaims(ports: StoragePorts, signal: AbortSignal): Promise<number> {
  return everyTurn(await ports.submissions.connectors(), async (connectorId) => {
    let deleted = 0;
    let some = MAX_CLAIMS;
    while (some === MAX_CLAIMS && !signal.aborted) {
      some = await ports.submissions.deleteEndedClaims(connectorId, ports.clock.now(), MAX_CLAIMS);
      deleted += some;
    }
    return deleted;
  });
}
