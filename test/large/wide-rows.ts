import { hash } from "node:crypto";

/** A csv file of wide rows, made while it is read: the same for the same size, on every machine. */
export interface WideFile {
  /** To be iterated once. */
  readonly content: AsyncIterable<Buffer>;
  /** Only after the end of `content`. */
  facts(): WideFacts;
}

export interface WideFacts {
  readonly bytes: number;
  readonly rows: number;
  /** Rows that the import must refuse; all others must be in the table. */
  readonly badRows: number;
  /** Checksum of the good rows, in any order; {@link CHECKSUM} is the same in the table. */
  readonly checksum: string;
}

/** Columns of the import. */
export const WIDE_COLUMNS = [
  { name: "number", type: "integer", required: true },
  { name: "code" },
  { name: "name" },
  { name: "amount", type: "decimal" },
  { name: "sold_on", type: "date" },
  { name: "active", type: "boolean" },
  { name: "remark" },
  { name: "note" },
];

/** No key and no constraint: nothing but the import itself keeps a row from being there twice. */
export const WIDE_TABLE = `(
  number integer not null, code text not null, name text not null, amount numeric(12, 2) not null,
  sold_on date not null, active boolean not null, remark text, note text not null)`;

/** Checksum of the table's content, as an aggregate. */
export const CHECKSUM = `sum(('x' || left(md5(concat_ws('|', number, code, name, amount, sold_on,
  active::text, coalesce(remark, '~'), note)), 8))::bit(32)::bigint)::text`;

const BAD_EVERY = 20_000;
const CHUNK_CHARACTERS = 262_144;
const NAMES = [
  "Zoë Çelik",
  "Kaffeemühle, klein",
  "Ωμέγα",
  "naïve café",
  "東京",
  "Bücher 📚",
  "plain",
];
const PIECES = [
  'She said "yes", and nobody asked twice. ',
  "One line,\r\nand another one;\nthe third has no end ",
  "Grüße aus Århus: smørrebrød, æbler og øl til alle. ",
  "数据文件必须完整无缺，一行也不能少，一行也不能多。",
  '\\N is not a null here, \\t no tab, and {"json": [1, 2]} no JSON. ',
  "\tAn emoji 🚚 travels in four bytes, which a chunk may cut anywhere. ",
  "Lorem ipsum dolor sit amet, consectetur adipiscing elit, sed do eiusmod tempor incididunt. ",
  'A quote at the end: ""quoted"" twice, as in "" and nothing else. ',
];
const QUOTED_PIECES = PIECES.map(doubled);

/** @param bytes at least; the last chunk goes a little beyond */
export function wideFile(bytes: number): WideFile {
  const facts = { bytes: 0, rows: 0, badRows: 0, checksum: 0n };

  async function* content(): AsyncGenerator<Buffer> {
    let text = `${WIDE_COLUMNS.map(({ name }) => name).join(",")}\r\n`;
    while (facts.bytes < bytes) {
      let sum = 0;
      for (; text.length < CHUNK_CHARACTERS; facts.rows += 1) {
        const { line, digest } = wideRow(facts.rows + 1);
        text += line;
        sum += digest ?? 0;
        facts.badRows += digest === null ? 1 : 0;
      }
      facts.checksum += BigInt(sum);
      const chunk = Buffer.from(text);
      text = "";
      facts.bytes += chunk.length;
      yield chunk;
    }
  }
  return {
    content: content(),
    facts: () => ({ ...facts, checksum: String(facts.checksum) }),
  };
}

/** @returns its line, and what it adds to the checksum; null when it is bad */
function wideRow(number: number): { line: string; digest: number | null } {
  const isBad = number % BAD_EVERY === 0;
  const code = `ITEM-${number.toString(36)}`;
  const name = NAMES[number % NAMES.length] as string;
  const amount = isBad ? "n/a" : `${number % 99_991}.${String(number % 100).padStart(2, "0")}`;
  const day = `20${10 + (number % 15)}-0${1 + (number % 9)}-${10 + (number % 19)}`;
  const active = String(number % 3 === 0);
  const remark = number % 4 === 0 ? null : `remark "${number % 1_000}"`;
  let note = `${number}: `;
  let quotedNote = note;
  // a different mixture of 6 to 13 pieces in each row
  for (let count = 6 + (number % 8), seed = number; count > 0; count -= 1) {
    seed = (Math.imul(seed, 1_103_515_245) + 12_345) >>> 0;
    const piece = (seed >>> 16) % PIECES.length;
    note += PIECES[piece];
    quotedNote += QUOTED_PIECES[piece];
  }
  const before = `${number},${code},"${name}",${amount},${day},${active}`;
  const quotedRemark = remark === null ? "" : `"${doubled(remark)}"`;
  const line = `${before},${quotedRemark},"${quotedNote}"\r\n`;
  const cells = [number, code, name, amount, day, active, remark ?? "~", note];
  const digest = isBad ? null : Number.parseInt(hash("md5", cells.join("|")).slice(0, 8), 16);
  return { line, digest };
}

function doubled(text: string): string {
  return text.replaceAll('"', '""');
}
