/**
 * Finds in a JSON answer why an API refused something: first the general reason, then single faults. The case of member
 * names does not matter.
 *
 * | written by                      | in general                            | single faults                              |
 * |---------------------------------|---------------------------------------|--------------------------------------------|
 * | OData, Dynamics 365, Graph      | `error.message`, also as its `value`  | `error.innererror.message` and those in it, `error.details[].message` |
 * | SAP, Google, NetSuite, Odoo     | as OData, or as problem details       | `errordetails`, `fieldViolations`, `o:errorDetails`, `error.data.message` |
 * | problem details, RFC 9457       | `detail`, else `title`                | `errors[].detail`                          |
 * | ASP.NET                         | `Message`, `MessageDetail`, `title`   | `ExceptionMessage`, `InnerException`, `ModelState`, `errors` by field |
 * | JSON:API, GraphQL, Shopify      |                                       | `errors`: texts, objects, or by field; `validationErrors` |
 * | gateways                        | `fault.faultstring`                   |                                            |
 * | OAuth 2.0                       | `error_description`                   |                                            |
 *
 * Stack traces are left out.
 */
export function answerReason(document: unknown): string | null {
  const texts: string[] = [];
  gather(document, { texts, depth: 0 });
  const told = texts.filter(
    (text, index) => !texts.slice(0, index).some((said) => said.includes(text)),
  );
  return told.length === 0 ? null : told.join("; ");
}

/** A text on one line; null when there is none. */
export function oneLineText(value: unknown): string | null {
  const text = typeof value === "string" ? value.replaceAll(/\p{Cc}+/gu, " ").trim() : "";
  return text === "" ? null : text;
}

const GENERAL = ["detail", "message", "messagedetail", "error_description", "faultstring"];
/** Used only where nothing else is found. */
const TITLES = ["title", "error", "description"];
/** In this order they stand in the reason. */
const INNER = [
  "error",
  "fault",
  "exceptionmessage",
  "innererror",
  "internalexception",
  "innerexception",
  "details",
  "errordetails",
  "o:errordetails",
  "fieldviolations",
  "data",
  "errors",
  "validationerrors",
  "modelstate",
];
const BY_FIELD: ReadonlySet<string> = new Set(["errors", "validationerrors", "modelstate"]);
const MAX_DEPTH = 6;
const MAX_TEXTS = 6;
/** Members beyond this number are ignored. */
const MAX_MEMBERS = 50;

interface Gathering {
  readonly texts: string[];
  readonly depth: number;
}

function gather(value: unknown, { texts, depth }: Gathering): void {
  const text = oneLineText(value);
  if (text !== null && texts.length < MAX_TEXTS) {
    texts.push(text);
  }
  if (typeof value !== "object" || value === null || depth === MAX_DEPTH) {
    return;
  }
  const inner: Gathering = { texts, depth: depth + 1 };
  if (Array.isArray(value)) {
    value.slice(0, MAX_TEXTS).forEach((item) => {
      gather(item, inner);
    });
    return;
  }
  gatherMembers(membersOf(value), inner);
}

function gatherMembers(members: ReadonlyMap<string, unknown>, inner: Gathering): void {
  const before = inner.texts.length;
  gatherTexts(members, GENERAL, inner);
  for (const name of INNER) {
    gatherInner(name, members.get(name), inner);
  }
  if (inner.texts.length === before) {
    gatherTexts(members, TITLES, inner);
  }
}

function gatherTexts(
  members: ReadonlyMap<string, unknown>,
  names: readonly string[],
  { texts }: Gathering,
): void {
  for (const name of names) {
    const value = members.get(name);
    // OData 2 has texts with a language
    const text = oneLineText(value) ?? oneLineText((value as { value?: unknown } | null)?.value);
    if (text !== null) {
      texts.push(text);
    }
  }
}

function gatherInner(name: string, value: unknown, inner: Gathering): void {
  if (BY_FIELD.has(name)) {
    gatherByField(value, inner);
  } else if (typeof value === "object" || name === "exceptionmessage") {
    gather(value, inner);
  }
}

/** Reads faults that stand in a list, or under the name of their field. */
function gatherByField(value: unknown, inner: Gathering): void {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    gather(value, inner);
    return;
  }
  for (const [field, faults] of Object.entries(value).slice(0, MAX_TEXTS)) {
    const own: string[] = [];
    gather(faults, { texts: own, depth: inner.depth });
    inner.texts.push(...own.map((text) => `${field}: ${text}`).slice(0, MAX_TEXTS));
  }
}

function membersOf(object: object): ReadonlyMap<string, unknown> {
  const members = new Map<string, unknown>();
  for (const [name, value] of Object.entries(object).slice(0, MAX_MEMBERS)) {
    members.set(name.toLowerCase(), value);
  }
  return members;
}
