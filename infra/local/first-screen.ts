import type { StackFile } from "./stack-file.ts";

/** What a person sees when everything runs: what is where, what happens next, and what to try. */
export function firstScreen(
  file: StackFile,
  { stackFile, took }: { readonly stackFile: string; readonly took: string },
): string {
  const { demo } = file;
  return `
Waybill runs, after ${took}.

  App            ${file.app}
  Blob storage   ${endpointOf(file.storage.connectionString, "BlobEndpoint")}
  Table storage  ${endpointOf(file.storage.connectionString, "TableEndpoint")}
  Service Bus    ${endpointOf(file.serviceBus.connectionString, "Endpoint")}
  Tokens         ${file.tokenEndpoint.v2}
  Shop database  ${file.postgres === null ? "none" : new URL(file.postgres).host}
  Addresses, client ids and secrets: ${stackFile}

What happens now: rows of the shop change all the time; every 10 seconds exports read the changes, write a file
each, and announce it. Partner A may pull price and item changes, and is told of price changes on topic
"${demo.topic}", subscription "${demo.subscription}". Each file is a line below.

Be partner A, in another terminal, whatever its shell:

   npm run -s as partner-a dequeue
   npm run -s as partner-a read
   npm run -s as partner-a ack

Be the operator:

   npm run -s as operator GET /api/definitions/exports

Stop with Ctrl-C.
`;
}

function endpointOf(connectionString: string, name: string): string {
  const part = connectionString.split(";").find((pair) => pair.startsWith(`${name}=`));
  return part?.slice(name.length + 1) ?? "as given";
}
