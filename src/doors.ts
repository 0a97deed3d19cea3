import { DOWNLOAD_DOORS } from "./d365/connector-download.http.ts";
import { LEASE_DOORS } from "./d365/connector-leases.http.ts";
import { dequeue } from "./d365/connectors.http.ts";
import { ENQUEUE_DOORS } from "./d365/enqueue.http.ts";
import { connectorJobStatus } from "./d365/job-status.http.ts";
import { PACKAGE_API } from "./d365/package-api.http.ts";
import type { DefinitionSchemas } from "./domain/definitions/definitions.ts";
import { aboutDoors } from "./functions/about.http.ts";
import { definitionNames, storedDefinitions } from "./functions/definition-answers.ts";
import { definitionDoors } from "./functions/definitions.http.ts";
import { DELIVERY_DOORS } from "./functions/deliveries.http.ts";
import { EXPORT_DOORS } from "./functions/exports.http.ts";
import { LEDGER_DOORS } from "./functions/ledger.http.ts";
import type { Api } from "./functions/openapi/document.ts";
import { SUBMISSION_DOORS } from "./functions/submissions.http.ts";
import { SUBSCRIPTION_DOORS } from "./functions/subscriptions.http.ts";
import { TEMPORARY_ENDPOINT_DOORS } from "./functions/temporary-endpoints.http.ts";
import { WEBHOOK_DOORS } from "./functions/webhooks.http.ts";

/** Every door of an app that reads definitions in this way. */
export function makeApi(schemas: DefinitionSchemas): Api {
  const stored = storedDefinitions(schemas);
  const api: Api = {
    entrances: [
      dequeue,
      ...DOWNLOAD_DOORS,
      ...LEASE_DOORS,
      ...ENQUEUE_DOORS,
      connectorJobStatus,
      PACKAGE_API,
      ...definitionDoors(schemas.kinds, stored),
      ...EXPORT_DOORS,
      ...LEDGER_DOORS,
      ...DELIVERY_DOORS,
      ...SUBSCRIPTION_DOORS,
      ...SUBMISSION_DOORS,
      ...WEBHOOK_DOORS,
      ...TEMPORARY_ENDPOINT_DOORS,
      ...aboutDoors(() => api),
    ],
    names: definitionNames(schemas, stored),
  };
  return api;
}
