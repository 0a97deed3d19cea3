import { type ScheduleStatusStore, statusFromJson, statusToJson } from "./schedule-status.ts";

const CONTAINER = "azure-webjobs-hosts";

/**
 * Keeps statuses in the platform's place: container `azure-webjobs-hosts`, blob `timers/<host
 * id>/Host.Functions.<name>/status`, `{ Last, Next, LastUpdated }`.
 *
 * The storage library is loaded at the first use, so that apps without timers do not load it.
 */
export function blobScheduleStatuses(
  connectionString: string,
  hostId: string,
): ScheduleStatusStore {
  const container = lazy(async () => {
    const { ContainerClient } = await import("@azure/storage-blob");
    return new ContainerClient(connectionString, CONTAINER);
  });
  const statusBlob = async (functionName: string) =>
    (await container()).getBlockBlobClient(
      `timers/${hostId}/Host.Functions.${functionName}/status`,
    );
  return {
    async find(functionName) {
      try {
        const content = await (await statusBlob(functionName)).downloadToBuffer();
        return statusFromJson(content.toString("utf8"));
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode === 404) {
          return null;
        }
        throw error;
      }
    },
    async save(functionName, status) {
      const content = Buffer.from(JSON.stringify(statusToJson(status)));
      const blob = await statusBlob(functionName);
      try {
        await blob.uploadData(content);
      } catch (error) {
        if ((error as { statusCode?: number }).statusCode !== 404) {
          throw error;
        }
        await (await container()).createIfNotExists();
        await blob.uploadData(content);
      }
    },
  };
}

function lazy<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => {
    made ??= make();
    return made;
  };
}
