import type { HttpJsonDefinition } from "../../contracts/http-json-source.ts";
import type { Cell, Row } from "../../contracts/rows.ts";
import { AppError } from "../../domain/errors.ts";
import type { Connections, ReadRequest, Source, SourceRead } from "../../domain/source.ts";
import { allowedBases, baseAddress } from "../../drivers/http/address.ts";
import { authorization } from "../../drivers/http/authorization.ts";
import { SURROUNDINGS, type Surroundings } from "../../drivers/http/retry.ts";
import { valueAt } from "../../drivers/http/value-at.ts";
import { exactText } from "./exact-json.ts";
import { getPage, type Page, type PageOptions, shown } from "./get-page.ts";
import { formatHttpCursor, parseHttpCursor, sourceDigest } from "./http-cursor.ts";
import { instantOf } from "./instant.ts";
import { jsonCell } from "./json-cells.ts";
import { type NamedColumns, namedColumns } from "./named-columns.ts";
import { type Pager, startPaging } from "./paging.ts";
import { firstAddress } from "./request.ts";
import { type KeptRows, type ReturnedRows, returnedRows } from "./returned-rows.ts";

/**
 * Reads rows from an HTTP API that answers with JSON, page by page: one page in memory at a time.
 *
 * How changes are found is told in `returned-rows.ts`; what values become, in `json-cells.ts`.
 *
 * @param surroundings randomness and waiting, for tests
 */
export function httpJsonSource(
  definition: HttpJsonDefinition,
  connections: Connections,
  surroundings: Surroundings = SURROUNDINGS,
): Source {
  return {
    read: (request) => read(definition, connections, { request, surroundings }),
  };
}

async function read(
  definition: HttpJsonDefinition,
  connections: Connections,
  { request, surroundings }: { request: ReadRequest; surroundings: Surroundings },
): Promise<SourceRead> {
  request.signal.throwIfAborted();
  const connection = connections.get(definition.connection);
  if (connection.kind !== "http") {
    throw new AppError(
      "source-invalid",
      `Cannot read an HTTP API with connection "${definition.connection}": it is of kind "${connection.kind}"`,
    );
  }
  const base = baseAddress(connection, definition.connection, "source-invalid");
  const allowed = allowedBases(connection, definition.connection, "source-invalid");
  const of = sourceDigest(definition, base);
  const plan = planned(definition, request, of);
  const pager = startPaging(
    definition,
    firstAddress(definition, base, askedFrom(definition, plan)),
    allowed,
  );
  const options: PageOptions = {
    authorization: authorization(connection, definition.connection, "source-invalid"),
    retry: definition.retry,
    maxBytes: definition.maxPageBytes,
    signal: request.signal,
    surroundings,
  };
  const first = await getPage(pager.first, options);
  // A page without rows to find must fail before any file is begun.
  rowsOf(first, definition);
  const returned = rememberRows(definition, plan, first);
  const named = namedColumns(definition);
  let cursor: string | null = null;

  async function* batches(): AsyncGenerator<readonly Row[], undefined> {
    for await (const batch of pagesOf(definition, { pager, first, options, named })) {
      const fresh = returned === null ? batch : batch.filter((row) => returned.add(row));
      if (fresh.length > 0) {
        yield fresh;
      }
    }
    named.requireAll();
    cursor = formatHttpCursor(of, returned?.kept() ?? NOTHING_KEPT);
  }

  return {
    columns: definition.columns.map(({ name, type }) => ({ name, type })),
    mode: plan.mode,
    fullBecause: plan.fullBecause,
    batches: batches(),
    nextCursor: () => {
      if (cursor === null) {
        throw new Error("Cannot tell the next cursor: the rows have not been read to their end");
      }
      return cursor;
    },
    window: () => windowOf(plan, returned, first),
  };
}

const NOTHING_KEPT: KeptRows = { newest: null, digests: "" };

interface Plan {
  readonly mode: "full" | "incremental";
  readonly fullBecause: string | null;
  readonly earlier: KeptRows;
}

function planned({ incremental }: HttpJsonDefinition, request: ReadRequest, of: string): Plan {
  const full = (fullBecause: string | null): Plan => ({
    mode: "full",
    fullBecause,
    earlier: NOTHING_KEPT,
  });
  if (incremental.by === "none" || request.mode === "full" || request.cursor === null) {
    return full(null);
  }
  const kept = parseHttpCursor(request.cursor, of);
  return "because" in kept
    ? full(kept.because)
    : { mode: "incremental", fullBecause: null, earlier: kept };
}

/** Whole seconds: some APIs take no fraction. */
function askedFrom({ incremental }: HttpJsonDefinition, { earlier }: Plan): string | null {
  if (incremental.by === "none" || earlier.newest === null) {
    return null;
  }
  const micros = earlier.newest - incremental.overlapMs * 1_000;
  return instantOf(Math.floor(micros / 1_000_000) * 1_000_000);
}

function rememberRows(
  { incremental, columns }: HttpJsonDefinition,
  { earlier }: Plan,
  first: Page,
): ReturnedRows | null {
  return incremental.by === "none"
    ? null
    : returnedRows({
        index: columns.findIndex(({ name }) => name === incremental.column),
        overlapMs: incremental.overlapMs,
        earlier,
        sourceNow: sourceNow(first),
      });
}

function sourceNow({ headers }: Page): number | null {
  const milliseconds = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(milliseconds) ? null : milliseconds * 1_000;
}

/** Grows while the rows are read. */
function windowOf(
  { earlier }: Plan,
  returned: ReturnedRows | null,
  first: Page,
): { from: string | null; to: string } {
  const from = earlier.newest === null ? null : instantOf(earlier.newest);
  const to = returned?.kept().newest ?? sourceNow(first);
  return { from, to: to === null ? "" : instantOf(to) };
}

const BATCH_ROWS = 1_000;

interface Pages {
  readonly pager: Pager;
  readonly first: Page;
  readonly options: PageOptions;
  readonly named: NamedColumns;
}

async function* pagesOf(
  definition: HttpJsonDefinition,
  { pager, first, options, named }: Pages,
): AsyncGenerator<Row[], undefined> {
  let page: Page | null = first;
  while (page !== null) {
    options.signal.throwIfAborted();
    const objects = rowsOf(page, definition);
    for (let start = 0; start < objects.length; start += BATCH_ROWS) {
      yield objects.slice(start, start + BATCH_ROWS).map((object) => {
        named.see(object);
        return rowOf(object, definition);
      });
    }
    const next: URL | null = pager.next(page, objects.length);
    page = next === null ? null : await getPage(next, options);
  }
}

/** @throws AppError `source-invalid` */
function rowsOf({ url, body }: Page, { rowsAt }: HttpJsonDefinition): unknown[] {
  const rows = valueAt(body, rowsAt);
  if (!Array.isArray(rows)) {
    const place = rowsAt === "" ? "the answer" : `"${rowsAt}" in the answer`;
    throw new AppError("source-invalid", `Cannot read "${shown(url)}": ${place} is no array`);
  }
  return rows;
}

function rowOf(object: unknown, { columns }: HttpJsonDefinition): Cell[] {
  if (typeof object !== "object" || object === null || Array.isArray(object)) {
    throw new AppError("source-invalid", "Cannot read a row: it is no JSON object");
  }
  return columns.map(({ name, at, type }) => {
    const value = valueAt(object, at ?? name);
    const cell = jsonCell(value, type);
    if (cell === undefined) {
      const text = exactText(value).slice(0, 40);
      throw new AppError(
        "value-not-representable",
        `Cannot read column "${name}": value ${text} does not fit type ${type}`,
      );
    }
    return cell;
  });
}
