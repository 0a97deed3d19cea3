import { beforeAll, expect, test } from "vitest";
import type { ClientName } from "../../infra/local/token-issuer-clients.ts";
import type { Door } from "../../src/functions/http/door.ts";
import { ALL_DOORS } from "../support/api-document.ts";
import { type HttpAnswer, send } from "../support/http-client.ts";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { usePublisher } from "../support/published-files.ts";

const OURS = "2b1c5e0a-6a44-4a3e-9f0e-3d7b6a1c9e01";
/** Doors of partner-b, for either direction. */
const THEIRS = {
  export: "2b1c5e0a-6a44-4a3e-9f0e-3d7b6a1c9e02",
  import: "2b1c5e0a-6a44-4a3e-9f0e-3d7b6a1c9e03",
} as const;
const MISSING = "2b1c5e0a-6a44-4a3e-9f0e-3d7b6a1c9eff";
const MESSAGE_ID = "01a1fadb-6b89-80a1-aef3-768b80430821";
const CANARY = "canary7f3b1c";

const local = useLocalStack();
const publisher = usePublisher(local);

beforeAll(async () => {
  const { clients } = local.stack.file;
  const doorOf = (client: ClientName) => ({ name: "Door", applications: [clients[client].id] });
  const items = {
    format: { kind: "csv" },
    entities: [{ name: "Items", target: { kind: "blob", container: "handed-on" } }],
  };
  const imported = { direction: "import", import: "items", content: "file" };
  await local.define("imports/items", items);
  await local.define(`connectors/${OURS}`, { ...doorOf("partner-a"), direction: "export" });
  await local.define(`connectors/${THEIRS.export}`, {
    ...doorOf("partner-b"),
    direction: "export",
  });
  await local.define(`connectors/${THEIRS.import}`, { ...doorOf("partner-b"), ...imported });
  await local.define("subscriptions/ours", {
    fileTypes: ["Test.Ours"],
    via: { kind: "connector", connectorId: OURS },
  });
});

/** Calls an operation, with one value for every part of its path, and all that it may need besides. */
function callOf(
  { method, path }: Door,
  part: string,
): { method: string; path: string; body?: object } {
  const hasBody = method === "post" || method === "put";
  return {
    method: method.toUpperCase(),
    path: `${path.replace(/\{\w+\}/g, part)}?correlation-id=${MESSAGE_ID}&jobId=${MESSAGE_ID}&entity=Items`,
    ...(hasBody ? { body: { CorrelationId: MESSAGE_ID, PopReceipt: "r", Reason: "r" } } : {}),
  };
}

const guarded = ALL_DOORS.filter(({ caller }) => caller !== "anyone");

test("no operation answers without a token that is good", async () => {
  for (const operation of guarded) {
    for (const authorization of ["", `Bearer ${CANARY}`, `Basic ${CANARY}`, "Bearer a.b.c"]) {
      const answer = await send(local, "operator", {
        ...callOf(operation, OURS),
        headers: { authorization },
      });
      expect([operation.id, answer.status]).toEqual([operation.id, 401]);
      expect(answer.headers["www-authenticate"]).toContain('Bearer realm="waybill"');
    }
  }
});

test("no operator's operation answers a partner", async () => {
  for (const operation of guarded.filter(({ caller }) => caller === "operator")) {
    const answer = await send(local, "partner-a", callOf(operation, OURS));
    expect([operation.id, answer.status]).toEqual([operation.id, 403]);
  }
});

test("to a partner every door of others looks as if it were not there, and to a stranger every door is shut", async () => {
  const atDoors = guarded.filter(({ path }) => path.includes("/connector/"));
  expect(atDoors.length).toBeGreaterThan(10);

  for (const operation of atDoors) {
    const shape = async (id: string) => {
      const { status, bytes } = await send(local, "partner-a", callOf(operation, id));
      return [
        status,
        bytes
          .toString()
          .replaceAll(id, "ID")
          .replace(/urn:uuid:[\w-]+/, ""),
      ];
    };
    const missing = await shape(MISSING);
    expect([operation.id, missing[0]]).toEqual([operation.id, 404]);
    expect(await shape(THEIRS.export)).toEqual(missing);
    expect(await shape(THEIRS.import)).toEqual(missing);
    const stranger = await send(local, "stranger", callOf(operation, OURS));
    expect([operation.id, stranger.status]).toEqual([operation.id, 403]);
  }
});

const ODD = [
  "it's",
  "'%20or%20'1'%20eq%20'1",
  "%00",
  "a%0d%0aX-Injected:%201",
  "..%2f..%2fadmin",
  "%257B%2525",
  "__proto__",
  "%E2%80%AE%F0%9F%92%A9",
  "%FF%FE",
  "x".repeat(2_000),
];

test("no odd part of a path or query is more than wrong", async () => {
  const withParts = guarded.filter(({ path }) => path.includes("{"));
  for (const operation of withParts) {
    const client = operation.caller === "operator" ? "operator" : "partner-a";
    const ask = (request: object): Promise<HttpAnswer> =>
      send(local, client, { ...callOf(operation, OURS), ...request });
    for (const odd of ODD) {
      const { path } = callOf(operation, odd);
      const { status, headers } = await ask({ path });
      expect([path, status >= 400 && status < 500]).toEqual([path, true]);
      expect(headers["x-injected"]).toBeUndefined();
    }
  }
});

test.each([
  `/api/connectors/${OURS}/deliveries?externalId=`,
  `/api/connectors/${OURS}/deliveries?correlationId=`,
  `/api/connectors/${OURS}/deliveries?after=`,
  "/api/ledger/Test.Ours?after=",
  "/api/definitions/exports?after=",
  `/api/connectors/${THEIRS.import}/submissions?after=`,
  "/api/imports/items/submissions?state=",
])("%s takes odd values for values", async (path) => {
  for (const odd of ODD) {
    const answer = await send(local, "operator", { path: path + odd });
    expect([odd, answer.status < 500]).toEqual([odd, true]);
    expect(answer.status === 200 ? answer.json().items : []).toEqual([]);
  }
});

test("members named like parts of JavaScript are members that nobody knows", async () => {
  const { clients } = local.stack.file;
  for (const name of ["__proto__", "constructor", "prototype"]) {
    const body = JSON.parse(
      `{"name": "Door", "direction": "export", "applications": ["${clients["partner-a"].id}"], "${name}": {"enabled": false}}`,
    );
    const path = `/api/definitions/connectors/${MISSING}`;
    const answer = await send(local, "operator", { method: "PUT", path, body });
    expect([name, answer.status]).toEqual([name, 400]);
  }
  expect((await send(local, "partner-a", { path: `/api/connector/peek/${OURS}` })).status).toBe(
    200,
  );
});

test("links lead to our own address, whatever a request says that it is", async () => {
  await publisher.publish("Test.Ours", Buffer.from("a"));
  const spoofed = {
    host: "evil.example",
    "x-forwarded-host": "evil.example",
    "x-forwarded-proto": "ftp",
    "x-original-host": "evil.example",
    forwarded: "host=evil.example;proto=ftp",
  };

  const taken = await eventually(async () => {
    const answer = await send(local, "partner-a", {
      path: `/api/connector/dequeue/${OURS}`,
      headers: spoofed,
    });
    return answer.status === 200 ? answer : null;
  });
  const document = await send(local, "partner-a", { path: "/api/openapi.json", headers: spoofed });

  expect(new URL(taken.json().DownloadLocation).origin).toBe(local.stack.file.app);
  expect(document.json().servers).toEqual([{ url: local.stack.file.app }]);
  expect(document.bytes.toString()).not.toContain("evil.example");
});

test("of 50 acknowledgements at once each is answered, and nothing else ends the lease after them", async () => {
  await publisher.publish("Test.Ours", Buffer.from("b"));
  const message = await eventually(async () => {
    const answer = await send(local, "partner-a", { path: `/api/connector/dequeue/${OURS}` });
    return answer.status === 200 ? answer.json() : null;
  });
  const end = (verb: string) =>
    send(local, "partner-a", {
      method: "POST",
      path: `/api/connector/${verb}/${OURS}`,
      body: { ...message, Reason: "r" },
    });

  const acks = await Promise.all(Array.from({ length: 50 }, () => end("ack")));
  const others = await Promise.all(["release", "reject", "renew", "ack"].map(end));
  const path = `/api/connectors/${OURS}/deliveries/${message.CorrelationId}`;
  const { state } = (await send(local, "operator", { path })).json();

  expect(new Set(acks.map(({ status }) => status))).toEqual(new Set([200]));
  expect(others.map(({ status }) => status)).toEqual([409, 409, 409, 200]);
  expect(state).toBe("acked");
});

test("no secret that anybody sent or holds is in what the app writes", async () => {
  const { storage, serviceBus, clients } = local.stack.file;
  const appKey = { connectionString: local.stack.cloud.serviceBusOfApp };
  const path = `/api/connector/dequeue/${OURS}?code=${CANARY}&sig=${CANARY}`;
  await send(local, "partner-a", { path, headers: { "x-functions-key": CANARY } });
  const body = { connection: `postgres://u:${CANARY}@h/d`, password: CANARY };
  await send(local, "operator", { method: "PUT", path: "/api/definitions/exports/x", body });
  const token = await local.stack.token("partner-a");
  const keys = [storage, serviceBus, appKey].flatMap(({ connectionString }) =>
    [...connectionString.matchAll(/(?:Key|sig)=([^;&]+)/g)].map(([, key = ""]) => key),
  );
  const secrets = [CANARY, token, ...keys, ...Object.values(clients).map(({ secret }) => secret)];

  expect(keys.length).toBe(3);
  expect(local.lines.length).toBeGreaterThan(100);
  for (const secret of secrets) {
    expect(local.lines.filter((line) => line.includes(secret))).toEqual([]);
  }
});
