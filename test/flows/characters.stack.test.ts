import { createHash, randomUUID } from "node:crypto";
import { beforeAll, describe, expect, test } from "vitest";
import { DOORS, ENTITY, groupsPackage, usePartnerWorld } from "../clients/partner-world.ts";
import { ALL_DOORS } from "../support/api-document.ts";
import { eventually } from "../support/local-stack.ts";

const world = usePartnerWorld();
const ENQUEUE = `/api/connector/enqueue/${DOORS.files}`;
/** Whose import says that files are in windows-1252. */
const WESTERN = "5c2a9f60-6b53-4a39-9e0b-53ad5f0a8f11";

beforeAll(async () => {
  await world.local.define("imports/western", {
    format: { kind: "csv", encoding: "windows-1252" },
    entities: [
      {
        name: ENTITY,
        columns: [{ name: "id" }, { name: "name" }],
        target: {
          kind: "postgres",
          connection: "shop-owner",
          table: "public.groups",
          mode: "upsert",
        },
      },
    ],
  });
  await world.local.define(`connectors/${WESTERN}`, {
    ...{ name: "Western", direction: "import", content: "file", import: "western" },
    applications: [world.local.stack.file.clients["partner-a"].id],
  });
});

async function post(
  path: string,
  sent: { body?: Buffer | string; contentType: string; client?: "partner-a" | "operator" },
  method = "POST",
) {
  const response = await fetch(new URL(path, world.local.stack.file.app), {
    method,
    headers: {
      authorization: `Bearer ${await world.local.stack.token(sent.client ?? "partner-a")}`,
      "content-type": sent.contentType,
    },
    body: sent.body === undefined ? null : Buffer.from(sent.body),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, text, json: () => JSON.parse(text) };
}

/** Waits for the end of a message. */
// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects
async function ended(id: string): Promise<any> {
  return eventually(async () => {
    const path = `/api/submissions/${id}`;
    const message = (await world.local.call("operator", { path })).json();
    return message.endedAt === null ? null : message;
  });
}

async function nameOf(id: string): Promise<string | undefined> {
  const { rows } = await world.database.query("select name from public.groups where id = $1", [id]);
  return rows[0]?.name;
}

const csv = (id: string, name: string) => `id,name\r\n${id},${name}\r\n`;
const utf16be = (text: string) => Buffer.from(text, "utf16le").swap16();

/** Media type, the bytes of a name in its charset, and the name. */
const SENT: readonly (readonly [string, (id: string) => Buffer, string])[] = [
  ["text/csv; charset=iso-8859-1", (id) => Buffer.from(csv(id, "Größe"), "latin1"), "Größe"],
  ['text/csv;charset="ISO-8859-1"', (id) => Buffer.from(csv(id, "Größe"), "latin1"), "Größe"],
  ["text/csv; header=present; Charset=Latin1", (id) => Buffer.from(csv(id, "é"), "latin1"), "é"],
  ["text/csv; charset=windows-1252", (id) => Buffer.from(csv(id, "5 \x80"), "latin1"), "5 €"],
  ["text/csv; charset=iso-8859-15", (id) => Buffer.from(csv(id, "5 \xa4"), "latin1"), "5 €"],
  ["text/csv; charset=iso-8859-2", (id) => Buffer.from(csv(id, "\xa3\xf3d\xbc"), "latin1"), "Łódź"],
  [
    "text/csv; charset=Shift_JIS",
    (id) => Buffer.concat([Buffer.from(`id,name\r\n${id},`), Buffer.from([0x93, 0xfa])]),
    "日",
  ],
  ["text/csv; charset=utf-16le", (id) => Buffer.from(csv(id, "Größe"), "utf16le"), "Größe"],
  ["text/csv; charset=utf-16be", (id) => utf16be(csv(id, "Größe")), "Größe"],
  ["text/csv; charset=utf-16", (id) => utf16be(`\uFEFF${csv(id, "Größe")}`), "Größe"],
  ["text/csv; charset=utf-16", (id) => Buffer.from(csv(id, "Größe"), "utf16le"), "Größe"],
  ["text/csv; charset=utf-8", (id) => Buffer.from(csv(id, "Größe")), "Größe"],
  ["text/csv; charset=us-ascii", (id) => Buffer.from(csv(id, "Size")), "Size"],
  ["text/csv", (id) => Buffer.from(csv(id, "Größe")), "Größe"],
  ["application/octet-stream; charset=binary", (id) => Buffer.from(csv(id, "Größe")), "Größe"],
];

describe("a file", () => {
  test.each(SENT)(
    "sent as %s arrives as it was sent, and is kept as it came",
    async (contentType, bytesOf, name) => {
      const id = randomUUID().slice(0, 8);
      const body = bytesOf(id);

      const answer = await post(`${ENQUEUE}?entity=${encodeURIComponent(ENTITY)}`, {
        body,
        contentType,
      });

      const message = await ended(answer.json());
      expect(message.state).toBe("processed");
      expect(await nameOf(id)).toBe(name);
      expect(message.sha256).toBe(createHash("sha256").update(body).digest("hex"));
      expect(message.bytes).toBe(body.length);
    },
  );

  test.each([
    ["text/csv; charset=utf-8", Buffer.from(csv("w1", "Größe")), "Größe"],
    ["text/csv; charset=iso-8859-2", Buffer.from(csv("w1", "\xa3\xf3d\xbc"), "latin1"), "Łódź"],
    ["text/csv", Buffer.from(csv("w1", "5 \x80"), "latin1"), "5 €"],
  ])("sent as %s is not decoded by the import's encoding too", async (contentType, body, name) => {
    await world.database.query("delete from public.groups where id = 'w1'");

    const answer = await post(`/api/connector/enqueue/${WESTERN}`, { body, contentType });

    expect((await ended(answer.json())).state).toBe("processed");
    expect(await nameOf("w1")).toBe(name);
  });
});

describe("a file with a charset", () => {
  test.each([
    ["text/csv; charset=utf-8", Buffer.from(csv("x1", "Größe"), "latin1"), "it is not UTF-8"],
    ["text/csv; charset=us-ascii", Buffer.from(csv("x1", "Größe"), "latin1"), "it is not UTF-8"],
    [
      "text/csv; charset=shift_jis",
      Buffer.from(csv("x1", "\x93"), "latin1"),
      "it is not shift_jis",
    ],
    [
      "text/csv; charset=iso-8859-1",
      Buffer.from(`\uFEFF${csv("x1", "x")}`),
      "by its byte order mark",
    ],
  ])("that is not what %s says is refused, not changed", async (contentType, body, because) => {
    const answer = await post(ENQUEUE, { body, contentType });

    const message = await ended(answer.json());
    expect(message.state).not.toBe("processed");
    expect(message.failure.message).toContain(because);
    expect(await nameOf("x1")).toBeUndefined();
  });

  test.each(["utf-7", "cp850", "no such charset"])(
    "in %s, which nobody here knows, is refused at the door",
    async (charset) => {
      const contentType = `text/csv; charset="${charset}"`;

      const answer = await post(ENQUEUE, { body: csv("y1", "x"), contentType });

      expect(answer.status).toBe(415);
      expect(answer.json().detail).toContain(`names the charset "${charset}"`);
    },
  );
});

describe("a file that", () => {
  test("comes back with its bad rows in the charset that it came in", async () => {
    const body = Buffer.from("id,name\r\nmuch too long an id,Größe\r\n", "latin1");
    const sent = { body, contentType: "text/csv; charset=windows-1252" };
    const { id, result } = await ended((await post(ENQUEUE, sent)).json());

    const answer = await world.local.call("operator", { path: result.entities[0].errorFile.path });

    expect(id).toBeDefined();
    expect(answer.headers.get("content-type")).toBe("text/csv; charset=windows-1252");
    expect(answer.bytes.toString("latin1")).toContain("much too long an id,Größe");
  });

  test("is uploaded is in the charset that its PUT named", async () => {
    const path = `/api/connector/upload/${DOORS.files}`;
    const put = async (contentType: string) => {
      const opened = (await world.local.call("partner-a", { method: "POST", path })).json();
      await fetch(opened.uploadUrl, {
        method: "PUT",
        headers: { "x-ms-blob-type": "BlockBlob", "content-type": contentType },
        body: Buffer.from(csv("u7", "Größe"), "latin1"),
      });
      return post(`${ENQUEUE}?upload=${opened.uploadId}`, { contentType: "" });
    };

    const answer = await put("text/csv; charset=iso-8859-1");
    const refused = await put("text/csv; charset=utf-7");

    expect((await ended(answer.json())).state).toBe("processed");
    expect(await nameOf("u7")).toBe("Größe");
    expect(refused.status).toBe(415);
  });
});

test("the bytes of a package are nobody's text, whatever the request says of them", async () => {
  const body = await groupsPackage(csv("p7", "Größe"));

  for (const contentType of ["application/zip; charset=iso-8859-1", "text/plain; charset=utf-7"]) {
    const answer = await post(`/api/connector/enqueue/${DOORS.packages}`, { body, contentType });
    expect((await ended(answer.json())).sha256).toBe(
      createHash("sha256").update(body).digest("hex"),
    );
  }

  expect(await nameOf("p7")).toBe("Größe");
});

describe("JSON", () => {
  const path = `/api/definitions/connectors/${randomUUID()}`;
  const applications = [randomUUID()];
  const definition = JSON.stringify({ name: "Größe", direction: "export", applications });
  const put = (contentType: string, body: Buffer) =>
    post(path, { contentType, body, client: "operator" }, "PUT");

  test.each([
    ["application/json; charset=iso-8859-1", Buffer.from(definition, "latin1")],
    ["application/json; charset=utf-16", Buffer.from(`\uFEFF${definition}`, "utf16le")],
    ["application/json; charset=utf-8", Buffer.from(definition)],
    ["application/json", Buffer.from(definition)],
    ["application/json", Buffer.from(`\uFEFF${definition}`, "utf16le")],
  ])("sent as %s arrives as it was sent", async (contentType, body) => {
    const answer = await put(contentType, body);

    expect(answer.json().name).toBe("Größe");
  });

  test("that is in no charset that it names, or in one that nobody knows, is refused", async () => {
    const latin1 = Buffer.from(definition, "latin1");

    const [unnamed, unknown] = [
      await put("application/json", latin1),
      await put("application/json; charset=utf-7", latin1),
    ];

    expect([unnamed.status, unnamed.json().detail]).toEqual([
      400,
      expect.stringContaining("not text in utf-8"),
    ]);
    expect(unknown.status).toBe(415);
  });
});

describe("every door", () => {
  const GUID = randomUUID();
  const doors = ALL_DOORS.map(({ id, method, path, caller }) => ({
    ...{ id, method: method.toUpperCase() },
    path: path.replace(/\{\w+\}/g, (name) => (name === "{kind}" ? "exports" : GUID)),
    client: caller === "operator" ? ("operator" as const) : ("partner-a" as const),
  }));
  const text = /^(?:application\/(?:problem\+)?json|text\/\w+)(?:;[^;]+)*; charset=utf-8$/;

  test.each(doors)("$id says what its text is in", async ({ method, path, client }) => {
    const answer = await post(path, { contentType: "application/json", client }, method);

    const contentType = answer.headers.get("content-type");
    expect(answer.text === "" || text.test(contentType ?? ""), contentType ?? "").toBe(true);
  });

  test.each(doors.filter(({ method }) => method === "POST" || method === "PUT"))(
    "$id refuses a body in parts, with the reason",
    async ({ method, path, client }) => {
      const body = '--x\r\nContent-Disposition: form-data; name="f"\r\n\r\nid\r\n--x--\r\n';
      const contentType = 'multipart/form-data; boundary="x"';

      const answer = await post(path, { contentType, client, body }, method);

      expect(answer.status).toBe(415);
      expect(answer.text).toContain("it is a form in parts");
    },
  );
});

test("the answer to a large body in parts comes, and the connection lives on", async () => {
  const body = Buffer.alloc(20_000_000, "x");

  for (let call = 0; call < 3; call++) {
    const answer = await post(ENQUEUE, { body, contentType: "multipart/form-data; boundary=x" });
    expect(answer.status).toBe(415);
  }
});
