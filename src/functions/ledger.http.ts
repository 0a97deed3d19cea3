import { app } from "@azure/functions";
import { FileType } from "../domain/ids.ts";
import type { LedgerEntry } from "../domain/ledger/ledger-entry.ts";
import type { Ports } from "../domain/ports.ts";
import { pageBody, pageRequest } from "./http/page.ts";
import { parseRequest, type Routes } from "./http/route.ts";
import type { Sendable } from "./http/sendable.ts";
import type { LedgerEntryAnswer } from "./operator-api.ts";

/** The ledger of a file type, for operators: every published file in its order. */
export function registerLedger(ports: Ports, routes: Routes): void {
  app.http("ledger-list", {
    route: "api/ledger/{fileType}",
    methods: ["GET"],
    authLevel: "anonymous",
    handler: routes.operator(async (call) => {
      const fileType = parseRequest(FileType, call.params.fileType);
      const page = await ports.ledger.list(fileType, pageRequest(call));
      return { status: 200, jsonBody: pageBody(page, represent) };
    }),
  });
}

function represent({ nextCursor: _, ...entry }: LedgerEntry): Sendable<LedgerEntryAnswer> {
  return entry;
}
