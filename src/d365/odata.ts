import type { HttpResponseInit } from "@azure/functions";
import { z } from "zod";
import { AppError } from "../domain/errors.ts";
import { lenientJson } from "../functions/http/body.ts";
import {
  type Answer,
  type Door,
  type DoorPorts,
  door,
  type Family,
} from "../functions/http/door.ts";
import type { Wording } from "../functions/http/refusals.ts";

/** Body of a refusal by the package API, as the original has it. Scripts look for words in `innererror.message`. */
const OdataError = z
  .object({
    error: z
      .object({
        code: z.string().describe("Always empty."),
        message: z.string().describe("Always the same; `innererror` says more."),
        innererror: z
          .object({
            message: z
              .string()
              .describe("A sentence for people; what cannot be done, and why, stands at its end."),
            type: z.string().describe("A constant, for clients that expect one."),
          })
          .describe("The part that clients read."),
      })
      .describe("The error, in the original's layers."),
  })
  .meta({ id: "OdataError", description: "A refusal, as the original words it." });
type OdataError = z.infer<typeof OdataError>;

const HEADERS = { "OData-Version": "4.0", "Cache-Control": "no-store" } as const;
const JSON_HEADERS = {
  ...HEADERS,
  "Content-Type": "application/json; odata.metadata=minimal; charset=utf-8",
} as const;
/** As the document describes them. */
const DESCRIBED = { "OData-Version": "`4.0`." } as const;

/** Statuses that do not concern the call itself; the original has 400 for everything else. */
const KEPT_STATUSES: ReadonlySet<number> = new Set([401, 403, 415, 429, 500, 503]);

const statusOf = (status: number): number =>
  status < 400 || KEPT_STATUSES.has(status) ? status : 400;

const ENTITY = "DataManagementDefinitionGroup";

/** Refusals in the shape of the original: scripts look for words in `innererror.message`. Without its stack trace. */
const ODATA_ERRORS: Wording = {
  mediaType: "application/json",
  schema: OdataError,
  headers: DESCRIBED,
  statusOf,
  refuse: ({ status = 500, headers, body }: HttpResponseInit, { action = "" }) => {
    const { detail } = JSON.parse(String(body)) as { detail: string };
    const error: OdataError["error"] = {
      code: "",
      message: "An error has occurred.",
      innererror: {
        message: `Exception occurred while executing action ${action} on Entity ${ENTITY}: ${detail}`,
        type: "System.InvalidOperationException",
      },
    };
    return {
      status: statusOf(status),
      headers: { ...(headers as Record<string, string>), ...JSON_HEADERS },
      body: JSON.stringify({ error }),
    };
  },
};

/** Who calls an action, and what it was sent. */
export interface ActionCall<Request> {
  readonly applicationId: string;
  readonly request: Request;
}

/** The answer of an action; undefined where the original's answer is empty. */
type Value = string | boolean | readonly string[] | undefined;

interface Action<Request extends z.ZodObject, Result extends Value> {
  readonly summary: string;
  /** Names are read in any case. */
  readonly request: Request;
  /** Absent: the answer has no body. */
  readonly value?: z.ZodType<Result>;
  readonly optionalHeaders?: Readonly<Record<string, string>>;
  call(
    ports: DoorPorts,
    input: ActionCall<z.output<Request>>,
  ): Promise<{ readonly value: Result; readonly headers?: Readonly<Record<string, string>> }>;
}

const PLACE = `/data/${ENTITY}s/Microsoft.Dynamics.DataEntities.` as const;

/** An action of the data management entity. */
export function action<Request extends z.ZodObject, Result extends Value>(
  name: string,
  { summary, request, value, optionalHeaders = {}, call }: Action<Request, Result>,
): Door {
  return door({
    id: `package-api-${name}`,
    tag: TAG,
    caller: "partner",
    method: "post",
    path: `${PLACE}${name}` as const,
    isPrefixed: true,
    summary,
    description:
      "Names are read in any case, with or without an underscore before them. A member that is left out is `null` or empty. Ids may stand in quotes or braces. The id of a message may stand in place of that of an execution.",
    body: lenientJson(request, { isUnderscored: true, isRequired: false }),
    answers: answersWith(value, optionalHeaders),
    refusals: {
      400: "Whatever else is wrong: what is asked for does not exist, is not there yet, or cannot be read.",
    },
    wording: ODATA_ERRORS,
    handle: async (ports, { caller: { applicationId }, body }) => {
      const outcome = await call(ports, { applicationId, request: body });
      return value === undefined
        ? { status: 204, headers: HEADERS }
        : {
            status: 200,
            headers: { ...JSON_HEADERS, ...outcome.headers },
            // flat: known clients take `value` for the answer itself
            json: { "@odata.context": contextOf(ports, outcome.value), value: outcome.value },
          };
    },
  });
}

const TAG = {
  name: "Package API",
  description: "Exports and imports of data packages, as clients of Dynamics 365 ask for them.",
} as const;

function answersWith(
  value: z.ZodType | undefined,
  optionalHeaders: Readonly<Record<string, string>>,
): Readonly<Record<number, Answer>> {
  const context = z.string().describe("Names the type of `value`.");
  return value === undefined
    ? { 204: { description: "Done.", headers: DESCRIBED } }
    : {
        200: {
          description: "The value.",
          json: z.object({ "@odata.context": context, value }),
          headers: DESCRIBED,
          optionalHeaders,
        },
      };
}

function contextOf({ site }: DoorPorts, value: Value): string {
  const single = typeof value === "boolean" ? "Edm.Boolean" : "Edm.String";
  const type = Array.isArray(value) ? "Collection(Edm.String)" : single;
  return `${site.publicBaseUrl}/data/$metadata#${type}`;
}

/** One route for all actions, whose names are read in any case. */
export function actionFamily(actions: readonly Door[]): Family {
  const nameOf = ({ path }: Door): string => path.slice(PLACE.length);
  return {
    id: "package-api",
    method: "post",
    path: `${PLACE}{action}`,
    isPrefixed: true,
    caller: "partner",
    wording: ODATA_ERRORS,
    doors: actions,
    doorFor: ({ action = "" }) => {
      const door = actions.find((one) => nameOf(one).toLowerCase() === action.toLowerCase());
      if (door === undefined) {
        const names = actions.map(nameOf).join(", ");
        throw new AppError("request-invalid", `there is no such action; there are ${names}`);
      }
      return door;
    },
  };
}
