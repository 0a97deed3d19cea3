import { Client } from "pg";
import { afterAll, beforeAll, expect, test } from "vitest";
import { eventually, useLocalStack } from "../support/local-stack.ts";
import { type Sent, sendFile } from "../support/send-file.ts";

const ITEMS = "4b3f1e0a-6c1d-4f0e-8a55-7d1e9b2c0a01";
const STRICT = "4b3f1e0a-6c1d-4f0e-8a55-7d1e9b2c0a02";
const ORDERED = [
  "4b3f1e0a-6c1d-4f0e-8a55-7d1e9b2c0a03",
  "4b3f1e0a-6c1d-4f0e-8a55-7d1e9b2c0a04",
] as const;
const CHECKED = "4b3f1e0a-6c1d-4f0e-8a55-7d1e9b2c0a05";

const local = useLocalStack({ shop: true });
let database: Client;

const COLUMNS = [
  { name: "code", from: "Item no", required: true, maxLength: 20, trim: true },
  {
    name: "amount",
    from: "Amount",
    type: "decimal",
    numbers: { decimal: ",", group: "." },
    min: 0,
  },
  { name: "sold_on", from: "Sold", type: "date", dates: "dmy" },
  { name: "company", fact: "company" },
];

beforeAll(async () => {
  database = new Client(local.stack.file.postgres ?? "");
  await database.connect();
  await database.query(
    `create table public.sales (
       code text primary key, amount numeric(12, 2), sold_on date, company text)`,
  );
  await database.query(
    "create table public.arrivals (place bigserial primary key, door text not null, number integer not null)",
  );
  const sales = {
    name: "Sales",
    columns: COLUMNS,
    target: { kind: "postgres", connection: "shop-owner", table: "public.sales", mode: "upsert" },
  };
  const format = { kind: "csv", delimiter: ";" };
  await local.define("imports/sales", { format, entities: [sales] });
  await local.define("imports/strict-sales", {
    ...{ format, entities: [sales] },
    errors: { maxErrorShare: 0.1 },
  });
  await local.define("imports/checked-sales", { format, entities: [sales], validateOnly: true });
  await local.define("imports/arrivals", {
    format: { kind: "csv" },
    entities: [
      {
        name: "Arrivals",
        columns: [{ name: "door" }, { name: "number", type: "integer", required: true }],
        target: {
          ...{ kind: "postgres", connection: "shop-owner", table: "public.arrivals" },
          mode: "insert",
        },
      },
    ],
  });
  const door = {
    ...{ name: "Partner", direction: "import", content: "file" },
    applications: [local.stack.file.clients["partner-a"].id],
  };
  await local.define(`connectors/${ITEMS}`, { ...door, import: "sales" });
  await local.define(`connectors/${STRICT}`, { ...door, import: "strict-sales" });
  await local.define(`connectors/${CHECKED}`, { ...door, import: "checked-sales" });
  for (const id of ORDERED) {
    await local.define(`connectors/${id}`, { ...door, import: "arrivals", ordered: true });
  }
});

afterAll(async () => {
  await database.end();
});

async function sendTo(connectorId: string, text: string, query = ""): Promise<string> {
  const sent: Sent = await sendFile(local, `/api/connector/enqueue/${connectorId}${query}`, {
    body: Buffer.from(text),
  });
  expect([sent.status, sent.text]).toEqual([200, expect.stringMatching(/^"/)]);
  return JSON.parse(sent.text);
}

// biome-ignore lint/suspicious/noExplicitAny: a test reads whatever JSON it expects
async function ended(id: string): Promise<any> {
  return eventually(async () => {
    const message = (await local.call("operator", { path: `/api/submissions/${id}` })).json();
    return message.endedAt === null ? null : message;
  });
}

async function count(where: string): Promise<number> {
  const { rows } = await database.query(
    `select count(*)::int as n from public.sales where ${where}`,
  );
  return rows[0].n;
}

function sales(lines: readonly string[]): string {
  return `Item no;Amount;Sold\r\n${lines.map((line) => `${line}\r\n`).join("")}`;
}

test("of 10,000 rows the 3 bad ones come back, are mended, and then all are in", async () => {
  const lines = Array.from({ length: 10_000 }, (_, index) => `S${index};1.234,5;28.02.2026`);
  lines[17] = ";1,00;28.02.2026";
  lines[5_000] = "S5000;many;30.02.2026";
  lines[9_999] = "S9999;-1;28.02.2026";

  const first = await ended(await sendTo(ITEMS, sales(lines), "?company=USMF"));

  expect(first.state).toBe("processed-with-errors");
  expect(first.result.errors).toBe(4);
  expect(first.errorList).toEqual([
    { entity: "Sales", row: 18, field: "Item no", value: null, reason: "must have a value" },
    {
      entity: "Sales",
      row: 5_001,
      field: "Amount",
      value: "many",
      reason: "is not a valid decimal: expected a number such as 1.234,5",
    },
    {
      entity: "Sales",
      row: 5_001,
      field: "Sold",
      value: "30.02.2026",
      reason: "is not a valid date: expected a date such as 2024-02-29 or 29.02.2024",
    },
    { entity: "Sales", row: 10_000, field: "Amount", value: "-1", reason: "is less than 0" },
  ]);
  const [entity] = first.result.entities;
  expect(entity).toMatchObject({ outcome: "kept", rows: 10_000, invalidRows: 3, refusedRows: 0 });
  expect(await count("company = 'USMF' and amount = 1234.5 and sold_on = '2026-02-28'")).toBe(
    9_997,
  );

  const file = await local.call("operator", { path: entity.errorFile.path });
  const text = file.bytes.toString();
  expect(text).toBe(
    "WaybillReason;Item no;Amount;Sold\r\n" +
      "row 18: Item no must have a value;;1,00;28.02.2026\r\n" +
      '"row 5001: Amount is not a valid decimal: expected a number such as 1.234,5; Sold is not a valid date: expected a date such as 2024-02-29 or 29.02.2024";S5000;many;30.02.2026\r\n' +
      "row 10000: Amount is less than 0;S9999;-1;28.02.2026\r\n",
  );
  const mended = text
    .replace(";;1,00", ";S17;1,00")
    .replace("many;30", "1,00;28")
    .replace("S9999;-1", "S9999;1");
  const second = await ended(await sendTo(ITEMS, mended, `?company=USMF&parent=${first.id}`));

  expect(second).toMatchObject({ state: "processed", parentId: first.id });
  expect(await count("code like 'S%' and company = 'USMF'")).toBe(10_000);
});

test("with more bad rows than the import allows nothing is kept", async () => {
  const good = Array.from({ length: 8 }, (_, index) => `T${index};1,00;28.02.2026`);

  const { state, result } = await ended(
    await sendTo(STRICT, sales([...good, "T8;no;28.02.2026", "T9;1,00;28.02.2026"])),
  );
  expect([state, result.entities[0].outcome]).toEqual(["processed-with-errors", "kept"]);

  const worse = await ended(await sendTo(STRICT, sales([...good, "U8;no;x", "U9;no;x"])));

  expect(worse.state).toBe("processed-with-errors");
  expect(worse.result.entities[0]).toMatchObject({
    outcome: "not-kept",
    because: "2 of 10 rows are bad, which is more than a share of 0.1",
  });
  expect([await count("code like 'T%'"), await count("code like 'U%'")]).toEqual([9, 0]);
});

test("an import that only checks keeps nothing, and says what it would have said", async () => {
  const done = await ended(
    await sendTo(CHECKED, sales(["V1;1,00;28.02.2026", "V2;no;28.02.2026"])),
  );

  expect(done).toMatchObject({
    state: "processed-with-errors",
    result: { validateOnly: true, entities: [{ outcome: "validated", rows: 2, invalidRows: 1 }] },
  });
  expect(await count("code like 'V%'")).toBe(0);
});

test("ordered connectors process their files in order; a poisoned one holds up neither its own nor the other", async () => {
  const poisoned = 7;
  const last: string[] = [];
  for (let number = 1; number <= 20; number++) {
    for (const [index, door] of ORDERED.entries()) {
      const isPoison = index === 0 && number === poisoned;
      const rows = `${door},${number}\r\n${door},${number}\r\n`;
      last[index] = await sendTo(
        door,
        isPoison ? "no such columns\r\nx\r\n" : `door,number\r\n${rows}`,
      );
    }
  }
  for (const id of last) {
    await ended(id);
  }

  for (const [index, door] of ORDERED.entries()) {
    const { rows } = await database.query(
      "select number from public.arrivals where door = $1 order by place",
      [door],
    );
    const expected = Array.from({ length: 20 }, (_, i) => [i + 1, i + 1])
      .flat()
      .filter((number) => index === 1 || number !== poisoned);
    expect(rows.map(({ number }) => number)).toEqual(expected);
  }
  const failed = (
    await local.call("operator", {
      path: `/api/connectors/${ORDERED[0]}/submissions?state=preprocessing-failed`,
    })
  ).json();
  expect(failed.items).toHaveLength(1);
  expect(failed.items[0]).toMatchObject({
    sequence: poisoned,
    failure: { code: "columns-missing" },
  });
});

test("a submission that failed is requeued once its import is mended", async () => {
  const id = await sendTo(ITEMS, "Item no|Amount|Sold\r\nW1|1|28.02.2026\r\n");
  const failed = await ended(id);
  expect([failed.state, failed.failure.code]).toEqual(["preprocessing-failed", "columns-missing"]);
  const definition = (
    await local.call("operator", { path: "/api/definitions/imports/sales" })
  ).json();
  const { id: _, updatedAt: __, ...body } = definition;
  await local.define("imports/sales", { ...body, format: { kind: "csv", delimiter: "|" } });

  const requeued = await local.call("operator", {
    method: "POST",
    path: `/api/submissions/${id}/requeue`,
  });

  expect(requeued.status).toBe(202);
  expect((await ended(id)).state).toBe("processed");
  expect(await count("code = 'W1'")).toBe(1);
  for (const executionId of [failed.executionId, requeued.json().executionId]) {
    const found = (
      await local.call("operator", { path: `/api/submissions/${executionId}` })
    ).json();
    expect(found.id).toBe(id);
  }
  await local.define("imports/sales", body);
});
