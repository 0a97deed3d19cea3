const ESCAPE_REGEXP = /_x([0-9A-Fa-f]{4}|[0-9A-Fa-f]{8})_/g;
const MAX_CODE_POINT = 0x10_ff_ff;

/**
 * Undoes the escapes of an XML name: `Order_x0020_Date` stands for `Order Date`. Other text stays as it is.
 *
 * @see xmlName, which writes them; .NET's XmlConvert.DecodeName
 */
export function xmlNameText(name: string): string {
  return name.includes("_x") ? name.replace(ESCAPE_REGEXP, unescaped) : name;
}

function unescaped(whole: string, hexadecimal: string): string {
  const codePoint = Number.parseInt(hexadecimal, 16);
  return codePoint > MAX_CODE_POINT ? whole : String.fromCodePoint(codePoint);
}
