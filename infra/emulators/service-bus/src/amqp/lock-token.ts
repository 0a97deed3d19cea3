import { uuidText } from "../message/value-reader.ts";

/**
 * A delivery tag carries the lock token as .NET writes a GUID: the first three groups with their bytes reversed.
 * `$management` carries it in network order.
 */
export function tagOf(lockToken: string): Buffer {
  return swapGroups(Buffer.from(lockToken.replaceAll("-", ""), "hex"));
}

/** The lock token in a delivery tag. A tag that is not 16 bytes long gives a token that matches none. */
export function lockTokenOf(tag: Buffer): string {
  return tag.length === 16 ? uuidText(swapGroups(tag)) : tag.toString("hex");
}

function swapGroups(bytes: Buffer): Buffer {
  const swapped = Buffer.from(bytes);
  swapped.subarray(0, 4).reverse();
  swapped.subarray(4, 6).reverse();
  swapped.subarray(6, 8).reverse();
  return swapped;
}
