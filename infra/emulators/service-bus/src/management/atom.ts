/*
 * The admin API: Atom documents over HTTP. Names are paths. GET reads an entity or a list. PUT creates an entity or,
 * with If-Match, updates it. DELETE deletes it. The SDK's `getErrorCode` says which status it reads as which error.
 */
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Authorizer } from "../authorization/authorizer.ts";
import { BrokerError, type BrokerErrorCode } from "../broker/errors.ts";
import type { Namespace } from "../broker/namespace.ts";
import { checkAdmin } from "./atom-access.ts";
import { entryDocument, errorDocument, feedDocument, type Page } from "./atom-document.ts";
import type { Site } from "./atom-form.ts";
import { findTarget, type Target } from "./atom-route.ts";
import { description, type Item, type Shelf } from "./atom-shelf.ts";
import { childOf, childrenOf, element, parseXml, type XmlElement } from "./atom-xml.ts";

interface Reply {
  readonly status: number;
  readonly body: string;
}

type EntityTarget = Extract<Target, { readonly kind: "entity" }>;

const STATUS_OF_ERROR: Readonly<Partial<Record<BrokerErrorCode, number>>> = {
  "entity-not-found": 404,
  "entity-exists": 409,
  "invalid-argument": 400,
  "message-too-large": 413,
  "not-allowed": 403,
  "quota-exceeded": 403,
  "token-refused": 401,
  unauthorized: 401,
};

const MAX_BODY_BYTES = 1024 * 1024;

/** @throws BrokerError `message-too-large` */
async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  // Read to its end even if it is too large: leaving the loop would cut the connection before the answer.
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MAX_BODY_BYTES) {
      chunks.push(chunk);
    }
  }
  if (bytes > MAX_BODY_BYTES) {
    throw new BrokerError("message-too-large", `The body is larger than ${MAX_BODY_BYTES} bytes.`);
  }
  return Buffer.concat(chunks).toString("utf8");
}

/** The describing element in an Atom entry. @throws BrokerError `invalid-argument` */
function describedIn(body: string): XmlElement {
  const root = parseXml(body);
  const content = root.name === "entry" ? childOf(root, "content") : null;
  const [described] = content === null ? [] : childrenOf(content);
  if (described === undefined) {
    throw new BrokerError("invalid-argument", "The body must be an Atom entry with content.");
  }
  return described;
}

const DEFAULT_TOP = 100;
const MAX_TOP = 1000;

function pageOf(query: URLSearchParams): Page {
  const read = (name: string, fallback: number) => {
    const text = query.get(name) ?? String(fallback);
    if (!/^\d{1,9}$/.test(text)) {
      throw new BrokerError("invalid-argument", `${name} must be a whole number, not "${text}".`);
    }
    return Number(text);
  };
  const top = read("$top", DEFAULT_TOP);
  return { skip: read("$skip", 0), top: Math.min(Math.max(top, 1), MAX_TOP) };
}

function namespaceItem({ name, createdAt }: Namespace): Item {
  const created = createdAt.toISOString();
  return {
    name,
    path: "$namespaceinfo",
    createdAt,
    updatedAt: createdAt,
    description: description("NamespaceInfo", [
      element("CreatedTime", created),
      element("MessagingSKU", "Standard"),
      element("ModifiedTime", created),
      element("Name", name),
      element("NamespaceType", "Messaging"),
    ]),
  };
}

function found({ shelves, name, whole }: EntityTarget): { shelf: Shelf; item: Item } {
  for (const shelf of shelves) {
    const item = shelf.get(name);
    if (item !== null) {
      return { shelf, item };
    }
  }
  throw new BrokerError("entity-not-found", `The messaging entity '${whole}' could not be found.`);
}

/** The description decides the kind, because a queue and a topic are created at the same path. */
async function put(request: IncomingMessage, target: EntityTarget, host: string): Promise<Reply> {
  const described = describedIn(await readBody(request));
  const shelf = target.shelves.find((each) => each.element === described.name);
  if (shelf === undefined) {
    throw new BrokerError("invalid-argument", `A ${described.name} cannot be put here.`);
  }
  if (request.headers["if-match"] !== undefined) {
    return { status: 200, body: entryDocument(shelf.update(target.name, described), host) };
  }
  target.checkName();
  return { status: 201, body: entryDocument(shelf.create(target.name, described), host) };
}

async function answerEntity(
  request: IncomingMessage,
  target: EntityTarget,
  host: string,
): Promise<Reply | null> {
  switch (request.method) {
    case "GET":
      return { status: 200, body: entryDocument(found(target).item, host) };
    case "PUT":
      return put(request, target, host);
    case "DELETE":
      found(target).shelf.delete(target.name);
      return { status: 200, body: "" };
    default:
      return null;
  }
}

/** The request line may hold anything. A text that is not a URL does not name an entity either. */
function urlOf(request: IncomingMessage): URL {
  return URL.parse(request.url ?? "", "http://localhost") ?? new URL("http://localhost");
}

function versionIn(request: IncomingMessage): string {
  return urlOf(request).searchParams.get("api-version") ?? "";
}

/** @returns null when the target does not have the method */
async function answer(request: IncomingMessage, site: Site): Promise<Reply | null> {
  const { namespace, host } = site;
  const url = urlOf(request);
  const target = findTarget(site, url.pathname);
  if (target.kind === "entity") {
    return answerEntity(request, target, host);
  }
  if (request.method !== "GET") {
    return null;
  }
  if (target.kind === "root") {
    const nothing = { items: [], title: "Publicly Listed Services", url: "" };
    return { status: 200, body: feedDocument(nothing, pageOf(url.searchParams), host) };
  }
  if (target.kind === "namespace") {
    return { status: 200, body: entryDocument(namespaceItem(namespace), host) };
  }
  const list = { items: target.shelf.list(), title: target.title, url: target.url };
  return { status: 200, body: feedDocument(list, pageOf(url.searchParams), host) };
}

function failed(error: unknown): Reply {
  const status = error instanceof BrokerError ? (STATUS_OF_ERROR[error.code] ?? 500) : 500;
  const detail = error instanceof Error ? error.message : String(error);
  // the SDKs show these texts as they are
  const text = status === 401 ? detail : `SubCode=${status}00. ${detail}`;
  return { status, body: errorDocument(status, text) };
}

const METHOD_REFUSED: Reply = {
  status: 405,
  body: errorDocument(405, "SubCode=40500. The method is not allowed here."),
};

interface Endpoint {
  readonly namespace: Namespace;
  readonly authorizer: Authorizer;
}

async function reply(
  { namespace, authorizer }: Endpoint,
  request: IncomingMessage,
): Promise<Reply> {
  const { headers, method = "" } = request;
  const path = urlOf(request).pathname;
  const access = await checkAdmin(authorizer, { method, path, headers });
  const host = headers.host ?? "localhost";
  const site = { namespace, access, host, apiVersion: versionIn(request) };
  return (await answer(request, site)) ?? METHOD_REFUSED;
}

async function handle(
  endpoint: Endpoint,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { status, body } = await reply(endpoint, request).catch(failed);
  response.writeHead(status, {
    "content-type": "application/atom+xml;charset=utf-8",
    "content-length": Buffer.byteLength(body),
  });
  response.end(body);
}

/**
 * Serves what `ServiceBusAdministrationClient` of the Azure SDKs asks for: properties of the namespace, and queues,
 * topics, subscriptions and rules with their counts, for callers with the right to manage.
 *
 * @see https://learn.microsoft.com/rest/api/servicebus/entities
 */
export function atomHandler(
  endpoint: Endpoint,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    handle(endpoint, request, response).catch((error: Error) => response.destroy(error));
  };
}
