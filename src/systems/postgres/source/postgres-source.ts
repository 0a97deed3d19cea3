import { AppError } from "../../../domain/errors.ts";
import type { Connections, ReadRequest, Source, SourceRead } from "../../../domain/source.ts";
import { isPostgresConnection } from "../connection.ts";
import { streamBatches } from "./batches.ts";
import { columnKinds, type NamedKind } from "./column-kinds.ts";
import type { PostgresDefinition } from "./definition.ts";
import { lagEdge, transactionsEdge } from "./edge.ts";
import {
  definitionDigest,
  formatCursor,
  type KeptCursor,
  parseCursor,
  whyNotFrom,
} from "./kept-cursor.ts";
import {
  formatPlace,
  goOnFrom,
  type KeptPlace,
  parseKeptPlace,
  placesOf,
  placeWay,
} from "./places.ts";
import { openReadSession, type ReadSession } from "./read-session.ts";
import { checkCursorColumn, type Reading, startReading } from "./reading.ts";
import { refuseHiddenRows } from "./row-security.ts";
import { unboundStatements, untilDurable } from "./server.ts";
import { columnNamed, shapeOf } from "./source-table.ts";
import {
  queryStatement,
  type Range,
  type Statement,
  tableStatement,
  usesVersions,
} from "./statement.ts";
import { seenAfter } from "./versions.ts";

/**
 * Reads a table or a query of a PostgreSQL server, version 14 or later. The read is one read-only transaction with one
 * snapshot, and is streamed.
 *
 * `versions.ts` (`snapshot`, the exact way) and `edge.ts` (`cursor-column`) describe how changes are found.
 * `kept-cursor.ts` says when a cursor is not valid any more, `source-cells.ts` how values are converted.
 */
export function postgresSource(definition: PostgresDefinition, connections: Connections): Source {
  return {
    read: async (request) => {
      const connection = connections.get(definition.connection);
      if (!isPostgresConnection(connection)) {
        throw new AppError(
          "source-invalid",
          `Cannot read PostgreSQL with connection "${definition.connection}": it is of kind "${connection.kind}"`,
        );
      }
      const session = await openReadSession({
        connection: definition.connection,
        connectionString: connection.connectionString,
        what: subject(definition),
        signal: request.signal,
      });
      try {
        return await read(session, definition, request);
      } catch (error) {
        session.discard();
        throw error;
      }
    },
  };
}

function subject({ table }: PostgresDefinition): string {
  return table === undefined ? "read the query" : `read table "${table}"`;
}

async function read(
  session: ReadSession,
  definition: PostgresDefinition,
  request: ReadRequest,
): Promise<SourceRead> {
  const place = parseKeptPlace(request.place ?? null);
  const edge = place === null ? await upperEdge(session, definition) : place.kept.to;
  const present = await startReading(session, definition);
  const of = definitionDigest(definition);
  const reading = place === null ? present : goOnFrom(place, present, { of, key: definition.key });
  await refuseHiddenRows(session, definition);
  const plan = planned(definition, request, { reading, edge });
  const statement = statementOf(definition, reading, { plan, behind: place?.behind ?? null });
  const columns = await columnKinds(session, statement, definition);
  checkCursorColumn(definition, cursorColumnType(definition, reading, columns));
  const table = reading.table?.table ?? null;
  await unboundStatements(session, { inFileOrder: placeWay(definition, table) === "file" });

  const returned = new Set<string>();
  const places = placesOf(definition, table, place?.behind ?? null);
  let cursor: string | null = null;
  const batches = await streamBatches({
    session,
    rows: session.open(statement.text, statement.values),
    columns,
    maxRows: definition.batchRows,
    timeoutMs: definition.batchTimeoutMs,
    // a row seen by a later snapshot does not prove that its transaction's other rows were returned
    onMark: statement.marksVersions ? (mark) => place === null && remember(returned, mark) : null,
    onPlace: places?.add ?? null,
    onEnd: async () => {
      if (usesVersions(definition)) {
        await untilDurable(session, present.server);
      }
      cursor = formatCursor(nextCursor(definition, { reading, plan }, returned));
    },
  });
  return {
    columns: columns.map(({ name, kind, bounds }) => ({
      name,
      type: kind.type,
      ...(bounds === undefined ? {} : { bounds }),
    })),
    mode: plan.range.kind === "full" ? "full" : "incremental",
    fullBecause: plan.fullBecause,
    batches,
    place: () => {
      const behind = places?.last() ?? null;
      if (behind === null) {
        return null;
      }
      const kept = nextCursor(definition, { reading, plan }, returned);
      return formatPlace({ behind, kept, files: table?.files ?? {} });
    },
    nextCursor: () => {
      if (cursor === null) {
        throw new Error("Cannot tell the next cursor: the rows have not been read to their end");
      }
      return cursor;
    },
    window: () => plan.window,
  };
}

/** Beyond this many ids rows come twice. Only a very long transaction leads to so many. */
const MAX_RETURNED_IDS = 100_000;

function remember(returned: Set<string>, id: string): void {
  if (returned.size < MAX_RETURNED_IDS) {
    returned.add(id);
  }
}

async function upperEdge(
  session: ReadSession,
  definition: PostgresDefinition,
): Promise<string | null> {
  const { incremental } = definition;
  if (incremental?.by !== "cursor-column") {
    return null;
  }
  return incremental.edge.by === "lag"
    ? lagEdge(session, incremental.edge.lagMs)
    : transactionsEdge(session, subject(definition));
}

/** The rows that one read returns, and the cursor it continues from. */
interface Plan {
  readonly range: Range;
  readonly fullBecause: string | null;
  readonly earlier: KeptCursor | null;
  readonly window: { readonly from: string | null; readonly to: string };
}

function planned(
  definition: PostgresDefinition,
  request: ReadRequest,
  { reading, edge }: { reading: Reading; edge: string | null },
): Plan {
  const end = edge ?? reading.server.at;
  const full = (fullBecause: string | null): Plan => ({
    range: { kind: "full" },
    fullBecause,
    earlier: null,
    window: { from: null, to: end },
  });
  const isAlwaysFull = definition.incremental?.by === "none";
  if (request.mode === "full" || request.cursor === null || isAlwaysFull) {
    return full(null);
  }
  const earlier = parseCursor(request.cursor);
  const fullBecause = whyNotFrom(earlier, {
    of: definitionDigest(definition),
    server: reading.server,
    table:
      reading.table === null
        ? null
        : { id: reading.table.table.id, columns: reading.table.columns },
    trustsIds: usesVersions(definition),
  });
  if (earlier === null || fullBecause !== null) {
    return full(fullBecause);
  }
  const { since, at, to: from } = earlier;
  if (from === null) {
    return {
      range: { kind: "since", since, at },
      fullBecause,
      earlier,
      window: { from: at, to: end },
    };
  }
  // A longer lag or a slow transaction can put the edge before the last one. Then nothing is new yet.
  const to = end < from ? from : end;
  return {
    range: { kind: "window", since, from, to },
    fullBecause,
    earlier,
    window: { from, to },
  };
}

function statementOf(
  definition: PostgresDefinition,
  { table }: Reading,
  { plan: { range, window }, behind }: { plan: Plan; behind: KeptPlace["behind"] | null },
): Statement {
  return table === null
    ? queryStatement(definition, { range, behind }, window)
    : tableStatement(definition, table, { range, behind });
}

function cursorColumnType(
  { incremental }: PostgresDefinition,
  { table }: Reading,
  columns: readonly NamedKind[],
): number | null {
  if (incremental?.by !== "cursor-column") {
    return null;
  }
  return table === null
    ? (columns.find(({ name }) => name === incremental.column)?.typeId ?? null)
    : columnNamed(table.table, incremental.column).typeId;
}

function nextCursor(
  definition: PostgresDefinition,
  { reading, plan }: { reading: Reading; plan: Plan },
  returned: ReadonlySet<string>,
): KeptCursor {
  const { server, table } = reading;
  const { snapshot } = server;
  const seen = seenAfter(snapshot, returned, reading.seen ?? plan.earlier?.since.seen ?? []);
  return {
    of: definitionDigest(definition),
    cluster: server.cluster,
    at: server.at,
    since: { snapshot, seen, tableIds: reading.tableIds ?? table?.now.tableIds ?? [] },
    shape: table === null ? null : shapeOf(table.table.id, table.columns),
    to: definition.incremental?.by === "cursor-column" ? plan.window.to : null,
  };
}
