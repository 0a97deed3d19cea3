import { createHash } from "node:crypto";
import { AppError } from "../../../domain/errors.ts";
import type { Connections } from "../../../domain/source.ts";
import type { RowFailure, Target, TargetWriter, WriteRequest } from "../../../domain/target.ts";
import type { NumberedRow } from "../../refused-row.ts";
import { baseAddress } from "../address.ts";
import { type Authorization, authorization as authorizationOf } from "../authorization.ts";
import { type HttpConnection, isHttpConnection } from "../connection.ts";
import { SURROUNDINGS, type Surroundings } from "../retry.ts";
import type { HttpJsonTargetDefinition } from "./definition.ts";
import { type Addresses, planAddresses } from "./row-address.ts";
import { around, type RowObject, rowObject } from "./row-object.ts";
import { problemFailure } from "./row-problem.ts";
import { type Sending, send, waitToSendAgain } from "./send.ts";
import { type ItemVerdict, type Judging, verdict } from "./verdict.ts";

/**
 * Sends rows to an HTTP API as JSON, one request after the other.
 *
 * An API stores each request at once, so a repeated run sends its rows again. If the batches are cut as before, the
 * idempotency header has the same text, by which the API can notice the repetition. `verdict.ts` describes the meaning
 * of answers.
 *
 * @param surroundings randomness and waiting, for tests
 */
export function httpJsonTarget(
  definition: HttpJsonTargetDefinition,
  connections: Connections,
  surroundings: Surroundings = SURROUNDINGS,
): Target {
  return {
    open: (request) => open(definition, connections, { request, surroundings }),
  };
}

/** A row that can be sent. */
interface Written {
  readonly row: NumberedRow;
  readonly address: URL;
  readonly object: string;
}

interface Plan {
  readonly definition: HttpJsonTargetDefinition;
  readonly request: WriteRequest;
  readonly addresses: Addresses;
  readonly object: RowObject;
  readonly sending: Sending;
  readonly judging: Judging;
}

async function open(
  definition: HttpJsonTargetDefinition,
  connections: Connections,
  { request, surroundings }: { request: WriteRequest; surroundings: Surroundings },
): Promise<TargetWriter> {
  request.signal.throwIfAborted();
  const connection = connections.get(definition.connection);
  if (!isHttpConnection(connection)) {
    throw new AppError(
      "target-invalid",
      `Cannot write to an HTTP API with connection "${definition.connection}": it is of kind "${connection.kind}"`,
    );
  }
  requirePossible(definition, request);
  const base = baseAddress(connection, definition.connection, "target-invalid");
  const shown = `${base.href}${definition.path.replace(/^\/+/, "")}`;
  const query = request.validateOnly
    ? { ...definition.query, ...definition.validateQuery }
    : definition.query;
  const addresses = planAddresses(definition, { base, query }, request.columns);
  const leftOut = definition.pathColumnsInBody ? new Set<number>() : addresses.pathColumns;
  const authorization = await writableAuthorization(connection, definition.connection);
  return writer({
    definition,
    request,
    addresses,
    object: rowObject(request.columns, definition, leftOut),
    sending: {
      method: definition.method,
      authorization,
      retry: definition.retry,
      maxAnswerBytes: definition.maxAnswerBytes,
      needsBody: definition.results !== undefined,
      shown,
      signal: request.signal,
      surroundings,
    },
    judging: {
      results: definition.results,
      isRowInPath: addresses.pathColumns.size > 0,
      shown,
      secrets: authorization.secrets,
    },
  });
}

/** @throws AppError `target-invalid` when the secret cannot be written as a header */
async function writableAuthorization(
  connection: HttpConnection,
  name: string,
): Promise<Authorization> {
  const authorization = authorizationOf(connection, name, "target-invalid");
  if (connection.auth.kind === "client-credentials") {
    return authorization;
  }
  const headers = await authorization.headers();
  try {
    new Headers(headers);
  } catch {
    throw new AppError(
      "target-invalid",
      `Cannot use connection "${name}": its auth cannot be written as a header`,
    );
  }
  return authorization;
}

function requirePossible({ path }: HttpJsonTargetDefinition, request: WriteRequest): void {
  if (request.atomic && !request.validateOnly) {
    throw new AppError(
      "target-invalid",
      `Cannot write to "${path}" all or nothing: an HTTP API stores each request at once`,
    );
  }
  const names = request.columns.map(({ name }) => name);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) {
    throw new AppError(
      "target-invalid",
      `Cannot write to "${path}": the import writes column "${twice}" twice`,
    );
  }
}

function writer(plan: Plan): TargetWriter {
  const { definition, request } = plan;
  return {
    write: async (batch, firstRow) => {
      const failures: RowFailure[] = [];
      for (let start = 0; start < batch.length; start += definition.batchRows) {
        const rows = batch
          .slice(start, start + definition.batchRows)
          .map((cells, index) => ({ number: firstRow + start + index, cells }));
        const written = rows.flatMap((row) => sendable(plan, row, failures));
        const isSent = !request.validateOnly || definition.validateQuery !== undefined;
        failures.push(...(isSent ? await deliver(plan, written, 1) : []));
      }
      return failures.sort((a, b) => a.row - b.row);
    },
    commit: () => Promise.resolve(),
    close: () => Promise.resolve(),
  };
}

/** @returns nothing for a row that cannot be sent; its failure goes to `failures` */
function sendable(
  { addresses, object, request }: Plan,
  row: NumberedRow,
  failures: RowFailure[],
): Written[] {
  const address = addresses.of(row.cells);
  const text = object(row.cells);
  if (address instanceof URL && typeof text === "string") {
    return [{ row, address, object: text }];
  }
  const problem = address instanceof URL ? text : address;
  if (typeof problem !== "string") {
    failures.push(problemFailure(request.columns, row, problem));
  }
  return [];
}

/**
 * Sends rows in one request. If the API refuses all of it, the halves are sent, down to the faulty rows. That takes
 * fewer than twice as many requests as there are rows.
 *
 * @param attempt counts requests after which the API asked to send all their rows again
 */
async function deliver(
  plan: Plan,
  rows: readonly Written[],
  attempt: number,
): Promise<RowFailure[]> {
  const [first] = rows;
  if (first === undefined) {
    return [];
  }
  const answer = await send(
    { address: first.address, headers: identity(plan, rows), body: bodyOf(plan, rows) },
    plan.sending,
  );
  const outcome = verdict(answer, rows.length, plan.judging);
  switch (outcome.kind) {
    case "taken":
      return [];
    case "refused": {
      if (rows.length === 1) {
        return [failure(first, outcome.reason)];
      }
      const half = Math.ceil(rows.length / 2);
      return [
        ...(await deliver(plan, rows.slice(0, half), attempt)),
        ...(await deliver(plan, rows.slice(half), attempt)),
      ];
    }
    case "each":
      return deliverEach(plan, { rows, items: outcome.items }, attempt);
  }
}

async function deliverEach(
  plan: Plan,
  { rows, items }: { rows: readonly Written[]; items: readonly ItemVerdict[] },
  attempt: number,
): Promise<RowFailure[]> {
  const failures = items.flatMap((item, index) =>
    typeof item === "object" ? [failure(rows[index] as Written, item.reason)] : [],
  );
  const left = rows.filter((_, index) => items[index] === "again" || items[index] === "later");
  if (items.includes("later")) {
    const because = `${left.length} rows are to be sent again`;
    await waitToSendAgain(attempt, { because, retryAfterMs: null }, plan.sending);
  }
  return [...failures, ...(await deliver(plan, left, left.length < rows.length ? 1 : attempt + 1))];
}

/** Partners may see the API's reason, but not its address. */
function failure({ row, address }: Written, reason: string): RowFailure {
  const told = { row: row.number, field: null, value: null, reason };
  const hidden = withoutHost(reason, address);
  return hidden === reason ? told : { ...told, partnerReason: hidden };
}

function withoutHost(text: string, { host, hostname }: URL): string {
  const names = [host, hostname].map((name) => name.replaceAll(/[.[\]]/g, "\\$&"));
  return text.replaceAll(new RegExp(`(?:https?://)?(?:${names.join("|")})`, "gi"), "(the API)");
}

function bodyOf({ definition }: Plan, rows: readonly Written[]): string {
  const [start, end] = around(definition.rowsAt);
  const objects = rows.map(({ object }) => object).join(",");
  return definition.batchRows === 1 ? `${start}${objects}${end}` : `${start}[${objects}]${end}`;
}

/**
 * The same text whenever the same rows of a run are sent, and another text for other rows. So a part of a refused
 * request is a request of its own. A check has no such text: the API would take the real request for its repetition.
 */
function identity({ definition, request }: Plan, rows: readonly Written[]): Record<string, string> {
  const { idempotencyHeader } = definition;
  if (idempotencyHeader === null || request.validateOnly) {
    return {};
  }
  const numbers = rows.map(({ row }) => row.number);
  const text = JSON.stringify([request.runId, request.entity, numbers]);
  return { [idempotencyHeader]: createHash("sha256").update(text).digest("base64url") };
}
