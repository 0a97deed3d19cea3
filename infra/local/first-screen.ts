import { readFileSync } from "node:fs";
import process from "node:process";
import { endOf } from "./certificate.ts";
import type { StackFile } from "./stack-file.ts";
import { trustLines } from "./trust-lines.ts";

/** The first screen after the start: addresses, what happens next, and commands to try. */
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
each, and announce it. Partner A may pull price and item changes${
    file.serviceBus.certificate === null
      ? ""
      : `, and has a subscription of topic
"${demo.topic}" with price changes, "${demo.subscription}"`
  }. Each file is a line below.

Be partner A, in another terminal, whatever its shell:

   npm run -s as partner-a dequeue
   npm run -s as partner-a read
   npm run -s as partner-a ack

Be the operator:

   npm run -s as operator GET /api/definitions/exports

${trust(file)}Stop with Ctrl-C.
`;
}

/** Empty without https. */
function trust({ app, certificateFile }: StackFile): string {
  if (certificateFile === null) {
    return "";
  }
  const end = endOf(readFileSync(certificateFile, "utf8")).toISOString().slice(0, 10);
  const lines = trustLines(
    { file: certificateFile, url: `${app}/api/openapi.json` },
    process.platform,
  );
  return `Programs must be told to trust the certificate, which is for 127.0.0.1 and localhost until ${end}:

${lines.map((line) => `   ${line}`).join("\n")}

`;
}

function endpointOf(connectionString: string, name: string): string {
  const part = connectionString.split(";").find((pair) => pair.startsWith(`${name}=`));
  return part?.slice(name.length + 1) ?? "as given";
}
