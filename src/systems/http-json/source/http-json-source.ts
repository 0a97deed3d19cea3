import { AppError } from "../../../domain/errors.ts";
import {
  CannotGoOn,
  type Connections,
  type ReadRequest,
  type Source,
  type SourceRead,
} from "../../../domain/source.ts";
import type { Cell, Row } from "../../../formats/rows.ts";
import { allowedBases, baseAddress } from "../address.ts";
import { authorization } from "../authorization.ts";
import { isHttpConnection } from "../connection.ts";
import { SURROUNDINGS, type Surroundings } from "../retry.ts";
import { valueAt } from "../value-at.ts";
import type { HttpJsonDefinition } from "./definition.ts";
import { exactText } from "./exact-json.ts";
import { type ApiPage, getPage, type PageOptions, shown } from "./get-page.ts";
import { formatHttpCursor, parseHttpCursor, sourceDigest } from "./http-cursor.ts";
import { formatHttpPlace, type HttpPlace, parseHttpPlace } from "./http-place.ts";
import { instantOf } from "./instant.ts";
import { jsonCell } from "./json-cells.ts";
import { type NamedColumns, namedColumns } from "./named-columns.ts";
import { type Pager, startPaging } from "./paging.ts";
import { firstAddress } from "./request.ts";
import { type KeptRows, type ReturnedRows, returnedRows } from "./returned-rows.ts";

/**
 * Reads rows from an HTTP API that answers with JSON. Memory holds one page at a time.
 *
 * `returned-rows.ts` describes how changes are found, `json-cells.ts` how values are converted.
 *
 * A read can stop after a page, and another read can continue with the next. Changes in the API meanwhile have the same
 * effect as in one long read.
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
  if (!isHttpConnection(connection)) {
    throw new AppError(
      "source-invalid",
      `Cannot read an HTTP API with connection "${definition.connection}": it is of kind "${connection.kind}"`,
    );
  }
  const base = baseAddress(connection, definition.connection, "source-invalid");
  const allowed = allowedBases(connection, definition.connection, "source-invalid");
  const of = sourceDigest(definition, base);
  const owner = { of, auth: connection.auth };
  const from = request.place == null ? null : parseHttpPlace(request.place, owner);
  const plan = planned(definition, request, of);
  const pager = startPaging(
    definition,
    {
      address: from?.next ?? firstAddress(definition, base, askedFrom(definition, plan)),
      state: from?.paging ?? null,
    },
    allowed,
  );
  const options: PageOptions = {
    authorization: authorization(connection, definition.connection, "source-invalid"),
    retry: definition.retry,
    maxBytes: definition.maxPageBytes,
    signal: request.signal,
    surroundings,
  };
  const first = await firstPage(definition, { pager, options, isFirst: from === null });
  const sourceNow = from === null ? clockOf(first) : from.sourceNow;
  const returned = rememberRows(definition, plan, { sourceNow, from: from?.returned ?? null });
  const named = namedColumns(definition, from?.named ?? null);
  let cursor: string | null = null;
  let next: URL | null = null;

  async function* batches(): AsyncGenerator<readonly Row[], undefined> {
    for await (const batch of pagesOf(definition, { pager, first, options, named, from })) {
      next = batch.next;
      // even without a row: a read can stop here
      yield returned === null ? batch.rows : batch.rows.filter((row) => returned.add(row));
    }
    named.requireAll();
    cursor = formatHttpCursor(of, returned?.kept() ?? NOTHING_KEPT);
  }

  return {
    columns: definition.columns.map(({ name, type }) => ({ name, type })),
    mode: plan.mode,
    fullBecause: plan.fullBecause,
    batches: batches(),
    place: () => {
      const state = { sourceNow, named: named.state(), returned: returned?.state() ?? null };
      return next && formatHttpPlace({ next, paging: pager.state(), ...state }, owner);
    },
    nextCursor: () => {
      if (cursor === null) {
        throw new Error("Cannot tell the next cursor: the rows have not been read to their end");
      }
      return cursor;
    },
    window: () => windowOf(plan, returned, sourceNow),
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

/** Whole seconds, because some APIs refuse a fraction. */
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
  { sourceNow, from }: { sourceNow: number | null; from: HttpPlace["returned"] },
): ReturnedRows | null {
  return incremental.by === "none"
    ? null
    : returnedRows({
        index: columns.findIndex(({ name }) => name === incremental.column),
        overlapMs: incremental.overlapMs,
        earlier,
        sourceNow,
        from,
      });
}

function clockOf({ headers }: ApiPage): number | null {
  const milliseconds = Date.parse(headers.get("date") ?? "");
  return Number.isNaN(milliseconds) ? null : milliseconds * 1_000;
}

/** The result grows while the rows are read. */
function windowOf(
  { earlier }: Plan,
  returned: ReturnedRows | null,
  sourceNow: number | null,
): { from: string | null; to: string } {
  const from = earlier.newest === null ? null : instantOf(earlier.newest);
  const to = returned?.kept().newest ?? sourceNow;
  return { from, to: to === null ? "" : instantOf(to) };
}

/**
 * The first page of a read. A page without the array of rows must fail before a file is begun.
 *
 * @throws CannotGoOn when an earlier read left the address, which may have expired
 */
async function firstPage(
  definition: HttpJsonDefinition,
  { pager, options, isFirst }: { pager: Pager; options: PageOptions; isFirst: boolean },
): Promise<ApiPage> {
  try {
    const page = await getPage(pager.first, options);
    rowsOf(page, definition);
    return page;
  } catch (error) {
    const isLost = !isFirst && error instanceof AppError && error.code === "source-invalid";
    throw isLost ? new CannotGoOn(error.message, { cause: error }) : error;
  }
}

const BATCH_ROWS = 1_000;

interface Batch {
  readonly rows: readonly Row[];
  /** The page after these rows; null in the middle of a page, and after the last page. */
  readonly next: URL | null;
}

interface Pages {
  readonly pager: Pager;
  readonly first: ApiPage;
  readonly options: PageOptions;
  readonly named: NamedColumns;
  readonly from: HttpPlace | null;
}

async function* pagesOf(
  definition: HttpJsonDefinition,
  { pager, first, options, named, from }: Pages,
): AsyncGenerator<Batch, undefined> {
  let page: ApiPage | null = first;
  while (page !== null) {
    options.signal.throwIfAborted();
    const objects = rowsOf(page, definition);
    const next: URL | null = pager.next(page, objects.length);
    if (from !== null && page === first && objects.length === 0 && next === null) {
      requireTrueEnd(definition, page);
    }
    let start = 0;
    do {
      const rows = objects.slice(start, start + BATCH_ROWS).map((object) => {
        named.see(object);
        return rowOf(object, definition);
      });
      start += BATCH_ROWS;
      yield { rows, next: start < objects.length ? null : next };
    } while (start < objects.length);
    page = next === null ? null : await getPage(next, options);
  }
}

/**
 * An API may answer an expired link with an empty page. An address that counts rows cannot expire.
 *
 * @throws CannotGoOn
 */
function requireTrueEnd({ paging }: HttpJsonDefinition, { url }: ApiPage): void {
  if (paging.by !== "offset") {
    throw new CannotGoOn(
      `Cannot go on with "${shown(url)}": the page is empty, so the address may have expired`,
    );
  }
}

/** @throws AppError `source-invalid` */
function rowsOf({ url, body }: ApiPage, { rowsAt }: HttpJsonDefinition): unknown[] {
  const rows = valueAt(body, rowsAt);
  if (!Array.isArray(rows)) {
    const place = rowsAt === "" ? "the answer" : `"${rowsAt}" in the answer`;
    throw new AppError("source-invalid", `Cannot read "${shown(url)}": ${place} is not an array`);
  }
  return rows;
}

function rowOf(object: unknown, { columns }: HttpJsonDefinition): Cell[] {
  if (typeof object !== "object" || object === null || Array.isArray(object)) {
    throw new AppError("source-invalid", "Cannot read a row: it is not a JSON object");
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
