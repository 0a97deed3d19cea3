import { isUtf8 } from "node:buffer";
import type { Entry } from "yauzl";
import { nameKey } from "./zip-checks.ts";

/** General purpose flag: the name is UTF-8. */
const UTF8_NAME = 0x0800;
/** Extra field with the name as UTF-8; the archive's reader has already used it. */
const UNICODE_PATH = 0x7075;

/** The upper half of code page 850, in which Windows and old programs in Western Europe write names. */
const CODE_PAGE_850 =
  "ÇüéâäàåçêëèïîìÄÅÉæÆôöòûùÿÖÜø£Ø×ƒáíóúñÑªº¿®¬½¼¡«»░▒▓│┤ÁÂÀ©╣║╗╝¢¥┐└┴┬├─┼ãÃ╚╔╩╦╠═╬¤ðÐÊËÈıÍÎÏ┘┌█▄¦Ì▀ÓßÔÒõÕµþÞÚÛÙýÝ¯´\u00AD±‗¾¶§÷¸°¨·¹³²■\u00A0";
const WINDOWS_1252 = new TextDecoder("windows-1252");

/**
 * Possible names of an entry, the likeliest first: an archive does not always name its encoding. A name that is valid
 * UTF-8 is read as UTF-8 in any case. Otherwise it is in code page 437, the format's own, or in another that programs
 * write.
 */
export function namesOf(entry: Entry): readonly string[] {
  const { fileName, fileNameRaw: raw } = entry;
  const isSaid = (entry.generalPurposeBitFlag & UTF8_NAME) !== 0;
  if (isSaid || entry.extraFields.some(({ id }) => id === UNICODE_PATH)) {
    return [fileName];
  }
  const names = isUtf8(raw)
    ? [raw.toString("utf8")]
    : [fileName, codePage850(raw), WINDOWS_1252.decode(raw)];
  return names.map((name) => name.replaceAll("\\", "/"));
}

function codePage850(raw: Buffer): string {
  return Array.from(raw, (byte) =>
    byte < 0x80 ? String.fromCharCode(byte) : CODE_PAGE_850.charAt(byte - 0x80),
  ).join("");
}

/** The entries by all their names. A guessed name that several entries could have belongs to none. */
export function entriesByName(entries: readonly Entry[]): ReadonlyMap<string, Entry> {
  const likely = new Map(entries.map((entry) => [nameKey(entry.fileName), entry]));
  const guessed = Map.groupBy(
    entries.flatMap((entry) =>
      [...new Set(namesOf(entry).map(nameKey))].map((key) => [key, entry] as const),
    ),
    ([key]) => key,
  );
  return new Map(
    [...guessed].flatMap(([key, named]) => {
      const entry = likely.get(key) ?? (named.length === 1 ? named[0]?.[1] : undefined);
      return entry === undefined ? [] : [[key, entry] as const];
    }),
  );
}
