import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { createAuthorizer } from "../../src/authorization/authorizer.ts";
import { allows } from "../../src/authorization/grant.ts";
import { pathOf } from "../../src/authorization/resource.ts";
import type { AccessRight } from "../../src/broker/types.ts";
import { manualClock } from "../../src/clock.ts";
import { aNamespace, aQueue, aRight, aTopic } from "../builders.ts";
import { sas } from "../sas.ts";

const NOW_MS = Date.UTC(2030, 0, 1);
const NOW_S = NOW_MS / 1000;
const HOUR_S = 3600;
const HOST = "sb://sbemulatorns.servicebus.windows.net";

const root = aRight("root", ["Manage", "Send", "Listen"]);
const listen = aRight("listen", ["Listen"]);
const send = aRight("send", ["Send"]);

function authorizer(over: { readonly disableLocalAuth?: boolean } = {}) {
  const { namespace } = aNamespace({
    authorizationRules: [root],
    queues: [aQueue("orders", { authorizationRules: [send] })],
    topics: [aTopic("files/new", { authorizationRules: [listen] }), aTopic("files/newer")],
  });
  return createAuthorizer(namespace, { clock: manualClock(NOW_MS), ...over });
}

/** Whether a token of the rule for `resource` gives the right on `path`; or why it is refused. */
function tried(token: string, path: string, right: AccessRight): boolean | string {
  try {
    const grant = authorizer().read(token);
    return grant instanceof Promise ? "a promise" : allows(grant, pathOf(path), right);
  } catch (error) {
    return (error as Error).message;
  }
}

const SUBSCRIPTION = `${HOST}/files/new/Subscriptions/a`;
const token = (uri = SUBSCRIPTION, rule = listen) => sas(uri, rule, NOW_S + HOUR_S);

const INVALID = "InvalidSignature: The token has an invalid signature.";
const MALFORMED = "MalformedToken: The token is not understood.";

test.each<[string, AccessRight, boolean]>([
  ["files/new/subscriptions/a", "Listen", true],
  ["FILES/New/Subscriptions/A", "Listen", true],
  ["files/new/subscriptions/a/$management", "Listen", true],
  ["files/new/subscriptions/a/$DeadLetterQueue", "Listen", true],
  ["files/new/subscriptions/a/rules/r", "Manage", false],
  ["files/new/subscriptions/a", "Send", false],
  ["files/new/subscriptions/a", "Manage", false],
  ["files/new/subscriptions/ab", "Listen", false],
  ["files/new/subscriptions/b", "Listen", false],
  ["files/new/subscriptions", "Listen", false],
  ["files/new", "Listen", false],
  ["", "Listen", false],
])("a token of one subscription opens %s for %s: %s", (path, right, isOpen) => {
  expect(tried(token(), path, right)).toBe(isOpen);
});

test.each<[AccessRight]>([["Manage"], ["Send"], ["Listen"]])(
  "a token of a rule that manages the namespace gives %s everywhere",
  (right) => {
    expect(tried(token(`${HOST}/`, root), "files/newer/subscriptions/x", right)).toBe(true);
  },
);

test("either key of a rule signs", () => {
  const bySecondary = token(SUBSCRIPTION, { ...listen, primaryKey: listen.secondaryKey });

  expect(tried(bySecondary, "files/new/subscriptions/a", "Listen")).toBe(true);
});

test.each([
  ["of a rule of another entity", token(`${HOST}/files/newer/subscriptions/a`)],
  ["of a rule of an entity, for the namespace", token(`${HOST}/`)],
  ["of a rule that is not there", token(SUBSCRIPTION, { ...listen, name: "nobody" })],
  ["with another key", token(SUBSCRIPTION, { ...listen, primaryKey: root.primaryKey })],
  ["whose resource was changed", token().replace("ns%2F", "ns%2f")],
  ["whose subscription was changed", token().replace("%2Fa&", "%2Fb&")],
  ["whose expiry was changed", token().replace(/se=(\d+)/, "se=1$1")],
  ["with a signature that is cut", token().replace(/sig=[^&]{8}/, "sig=")],
  ["with a signature that is not Base64", token().replace(/sig=[^&]+/, "sig=!")],
])("a token %s has a wrong signature", (_, forged) => {
  expect(tried(forged, "files/new/subscriptions/a", "Listen")).toBe(INVALID);
});

test.each(["sr", "sig", "se", "skn"])(
  "a token without %s, or with two of it, is malformed",
  (name) => {
    const field = new RegExp(`${name}=[^&]+&?`);

    expect(tried(token().replace(field, ""), "", "Listen")).toBe(MALFORMED);
    expect(tried(token().replace(field, "$&&$&"), "", "Listen")).toBe(MALFORMED);
  },
);

test.each([
  ["an expiry that is not a number", token().replace(/se=\d+/, "se=soon")],
  ["an expiry that is not a date", token().replace(/se=\d+/, `se=${"9".repeat(30)}`)],
  ["broken escapes", token().replace("sr=", "sr=%")],
  ["nothing in it", "SharedAccessSignature "],
  ["another scheme", token().replace("SharedAccessSignature ", "Basic ")],
])("a token with %s is malformed", (_, malformed) => {
  expect(tried(malformed, "", "Listen")).toBe(MALFORMED);
});

test("a token that is longer than any token is not looked at", () => {
  expect(tried(`${token()}&x=${"y".repeat(16_384)}`, "", "Listen")).toBe(
    "MalformedToken: The token is longer than 16384 characters.",
  );
});

test("a resource of thousands of names is refused as any other", () => {
  const deep = `${HOST}/${"a/".repeat(7000)}`;
  const forged = `SharedAccessSignature sr=${deep}&sig=x&se=${NOW_S + 1}&skn=root`;

  expect(tried(forged, "", "Listen")).toBe(INVALID);
});

test.each([
  [1, false],
  [0, "ExpiredToken: The token is expired. Expiration time: '2030-01-01 00:00:00Z'"],
  [-1, "ExpiredToken: The token is expired. Expiration time: '2029-12-31 23:59:59Z'"],
])("a token that expires in %i seconds: %s", (seconds, outcome) => {
  expect(tried(sas(SUBSCRIPTION, listen, NOW_S + seconds), "", "Listen")).toBe(outcome);
});

test("a token that is expired and forged tells nothing of its expiry", () => {
  const forged = sas(SUBSCRIPTION, { ...listen, primaryKey: "x" }, NOW_S - 1);

  expect(tried(forged, "", "Listen")).toBe(INVALID);
});

test("a token by the recipe that puts the resource in lower case is good", () => {
  const encoded = encodeURIComponent(SUBSCRIPTION.toLowerCase()).toLowerCase();
  const signature = createHmac("sha256", listen.primaryKey)
    .update(`${encoded}\n${NOW_S + 1}`)
    .digest("base64");
  const sig = encodeURIComponent(signature);
  const made = `SharedAccessSignature sig=${sig}&se=${NOW_S + 1}&skn=listen&sr=${encoded}`;

  expect(tried(made, "files/new/subscriptions/a", "Listen")).toBe(true);
});

test("with keys disabled no token of a key is taken, and no key", () => {
  const disabled = authorizer({ disableLocalAuth: true });

  expect(() => disabled.read(token())).toThrow("LocalAuthDisabled: ");
  expect(disabled.readKey(root.name, root.primaryKey)).toBeNull();
});

test("a name and a key open what their rules open, at each place that has such a rule", () => {
  const open = (name: string, key: string) => authorizer().readKey(name, key)?.scopes;

  expect(open("root", root.secondaryKey)).toEqual([{ path: [], rights: root.rights }]);
  expect(open("send", send.primaryKey)).toEqual([{ path: ["orders"], rights: ["Send"] }]);
  expect(open("listen", listen.primaryKey)).toEqual([
    { path: ["files", "new"], rights: ["Listen"] },
  ]);
  expect(open("listen", send.primaryKey)).toBeUndefined();
  expect(open("", "")).toBeUndefined();
});
