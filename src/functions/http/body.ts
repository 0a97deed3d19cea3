import type { HttpRequest } from "@azure/functions";
import type { z } from "zod";
import { AppError } from "../../domain/errors.ts";
import { parseForeignJson } from "../../formats/json/bounded-json.ts";
import { bodyText } from "./body-text.ts";
import { lenientMembers } from "./lenient-json.ts";
import { whenAnswered } from "./open-responses.ts";
import { parseRequest } from "./parse-request.ts";
import type { Meanings } from "./refusals.ts";
import { contentLength, isChunked, requestBody } from "./request-body.ts";

/** How a door takes its body. */
export interface BodyKind<Value> {
  readonly isRequired: boolean;
  /** Null: bytes of any kind. */
  readonly schema: z.ZodType | null;
  /** Meanings of refusals of such a body. */
  readonly refusals: Meanings;
  read(request: HttpRequest, invocationId: string): Promise<Value>;
}

const TEXT_REFUSALS = { 413: "The body is too large." } as const;

/**
 * JSON of a schema.
 *
 * @param whenEmpty value of an empty body; without it an empty body is invalid JSON
 */
export function jsonBody<Schema extends z.ZodType>(
  schema: Schema,
  whenEmpty?: unknown,
): BodyKind<z.output<Schema>> {
  return {
    isRequired: whenEmpty === undefined,
    schema,
    refusals: TEXT_REFUSALS,
    read: async (request) => parseRequest(schema, await readJson(request, whenEmpty)),
  };
}

/** JSON that is described by a schema, and checked by the verb that gets it. */
export function uncheckedJson(schema: z.ZodType): BodyKind<unknown> {
  return {
    isRequired: true,
    schema,
    refusals: TEXT_REFUSALS,
    read: (request) => readJson(request),
  };
}

/**
 * A JSON object as clients of Dynamics 365 write it, see `lenient-json.ts`.
 *
 * @param options.bareName name of the member that clients may send alone, without an object around it
 * @param options.isUnderscored names may have an underscore before them
 */
export function lenientJson<Schema extends z.ZodObject>(
  schema: Schema,
  options: { bareName?: string; isUnderscored?: boolean; isRequired: boolean },
): BodyKind<z.output<Schema>> {
  const { bareName, isUnderscored = false, isRequired } = options;
  return {
    isRequired,
    schema,
    refusals: TEXT_REFUSALS,
    read: async (request) => {
      const members = lenientMembers(await bodyText(request), bareName);
      const memberOf = (name: string) =>
        members.get(name) ?? (isUnderscored ? members.get(`_${name}`) : undefined);
      const input = Object.keys(schema.shape).map((name) => [name, memberOf(name.toLowerCase())]);
      return parseRequest(schema, Object.fromEntries(input));
    },
  };
}

/** A file, which is read as it is taken. */
export interface FileBody {
  /** As announced; null: not announced. */
  readonly bytes: number | null;
  /** It comes in chunks, without a length that is known beforehand. */
  readonly isChunked: boolean;
  readonly content: AsyncIterable<Uint8Array>;
}

/** Bytes of any kind. Nothing of them is read before the handler asks for them. */
export const FILE: BodyKind<FileBody> = {
  isRequired: false,
  schema: null,
  refusals: {},
  read: async (request, invocationId) => ({
    bytes: contentLength(request),
    isChunked: isChunked(request),
    content: requestBody(request, { answered: whenAnswered(invocationId) }),
  }),
};

/** @throws AppError `request-invalid`, and what `bodyText` throws */
async function readJson(request: HttpRequest, whenEmpty?: unknown): Promise<unknown> {
  const text = await bodyText(request);
  if (whenEmpty !== undefined && text.trim() === "") {
    return whenEmpty;
  }
  try {
    return parseForeignJson(text);
  } catch {
    throw new AppError("request-invalid", "Cannot read the request: the body is not JSON");
  }
}
