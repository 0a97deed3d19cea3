import type { HttpResponseInit } from "@azure/functions";
import type { z } from "zod";
import type { Ports, Principal } from "../../domain/ports.ts";
import type { BodyKind } from "./body.ts";
import type { Meanings, Wording } from "./refusals.ts";
import type { Sendable } from "./sendable.ts";
import type { EnterUpload } from "./upload-share.ts";

/**
 * One method of one address. Everything about it follows from its description: its route (`open-doors.ts`), the check
 * of its caller, and the reading of query and body. So do the members of an answer, and the operation in the OpenAPI
 * document (`openapi/document.ts`).
 */
export interface Door {
  /** Name of the function; behind it, where one function has several doors, which of them. */
  readonly id: string;
  readonly method: Method;
  readonly path: string;
  /** The route as it is registered, if it is not the path. */
  readonly route?: string;
  /** Registered also behind what clients and gateways put before the path. */
  readonly isPrefixed?: boolean;
  readonly tag: Tag;
  readonly summary: string;
  /** Facts that the schemas do not show, such as tolerances. Markdown. */
  readonly description: string;
  /** `partner`: an application that some definition names; `operator`: a token with the operator's role. */
  readonly caller: Caller;
  /** Schema of each part of the path in braces. The verb checks the value. */
  readonly params?: Readonly<Record<string, z.ZodType>>;
  /** Names are compared without regard to case. Operators' doors refuse all others. */
  readonly query?: z.ZodObject;
  /** Headers of the request, and what they do. */
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: BodyKind<unknown>;
  /** By status. An answer holds the members that its schema names, and no others. */
  readonly answers: Answers;
  /** Meanings of refusals that not every door of this kind has. */
  readonly refusals?: Meanings;
  /** How refusals are worded; as problem details by default. */
  readonly wording?: Wording;
  /** Finds what the call is about, before query and body are read. */
  subject?(ports: DoorPorts, call: CallHead): Promise<unknown>;
  handle(ports: DoorPorts, call: Call): Promise<Reply>;
}

export type Method = "get" | "head" | "post" | "put" | "delete";
export type Caller = "partner" | "operator" | "anyone";

/** A chapter of the OpenAPI document. */
export interface Tag {
  readonly name: string;
  readonly description: string;
}

/** Doors behind one route, told apart by a part of the path. */
export interface Family {
  readonly id: string;
  readonly method: Method;
  readonly path: string;
  readonly isPrefixed?: boolean;
  readonly caller: Caller;
  readonly wording?: Wording;
  readonly doors: readonly Door[];
  /** @throws AppError when there is none */
  doorFor(params: Readonly<Record<string, string>>): Door;
}

/** Facts of one installation. */
export interface Site {
  readonly publicBaseUrl: string;
  /** Audiences of tokens that are accepted. */
  readonly audiences: readonly string[];
  /** App role of operators. */
  readonly operatorRole: string;
  /** Largest body of a request. */
  readonly maxBodyBytes: number;
  /** Life of temporary endpoints. */
  readonly temporaryEndpointMs: number;
}

/** The ports, and what only doors need. */
export interface DoorPorts extends Ports {
  readonly site: Site;
  readonly enterUpload: EnterUpload;
}

/** A call of which neither query nor body is read yet. */
export interface CallHead<Params extends string = string> {
  /** Nobody at doors for anyone. */
  readonly caller: Principal;
  readonly params: Readonly<Record<Params, string>>;
  readonly method: string;
  readonly headers: { get(name: string): string | null };
  readonly invocationId: string;
}

export interface Call<
  Params extends string = string,
  Query = unknown,
  Body = unknown,
  Subject = unknown,
> extends CallHead<Params> {
  readonly query: Query;
  readonly body: Body;
  readonly subject: Subject;
}

/** The parts of an answer besides its content. */
interface AnswerText {
  readonly description: string;
  /** Headers that clients can rely on, and what they say. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Headers that only some of these answers have. */
  readonly optionalHeaders?: Readonly<Record<string, string>>;
  /** Media type of JSON that is not `application/json`. */
  readonly mediaType?: string;
}

/** `json`: its content by schema; `bytes`: content of any kind; neither: no content. */
export type Answer =
  | (AnswerText & { readonly json: z.ZodType; readonly bytes?: never })
  | (AnswerText & { readonly json?: never; readonly bytes?: true });

export type Answers = Readonly<Record<number, Answer>>;

export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly json?: unknown;
  readonly body?: HttpResponseInit["body"];
}

/** One of the answers that a door describes. */
type ReplyTo<All extends Answers> = {
  [Status in keyof All]: { readonly status: Status } & Pick<Reply, "headers"> &
    (All[Status] extends { readonly json: infer Schema extends z.ZodType }
      ? { readonly json: Sendable<z.output<Schema>> }
      : All[Status] extends { readonly bytes: true }
        ? { readonly body: HttpResponseInit["body"] }
        : unknown);
}[keyof All];

type ParamNames<Path extends string> = Path extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParamNames<Rest>
  : never;

interface Described<
  Path extends string,
  Query extends z.ZodObject,
  Body,
  Subject,
  All extends Answers,
> extends Omit<Door, "params" | "subject" | "handle"> {
  readonly path: Path;
  readonly query?: Query;
  readonly body?: BodyKind<Body>;
  readonly answers: All;
  subject?(ports: DoorPorts, call: CallHead<ParamNames<Path>>): Promise<Subject>;
  handle(
    ports: DoorPorts,
    call: Call<ParamNames<Path>, z.output<Query>, Body, Subject>,
  ): Promise<ReplyTo<All>>;
}

/** Describes a door. Its handler can answer only as the description says. */
export function door<
  const Path extends `/${string}`,
  const All extends Answers,
  Query extends z.ZodObject = z.ZodObject<Record<never, never>>,
  Body = undefined,
  Subject = undefined,
>(
  description: Described<Path, Query, Body, Subject, All> &
    ([ParamNames<Path>] extends [never]
      ? { readonly params?: never }
      : { readonly params: Readonly<Record<ParamNames<Path>, z.ZodType>> }),
): Door {
  return description as Door;
}
