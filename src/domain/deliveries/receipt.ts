import { hash, timingSafeEqual } from "node:crypto";

/** Stored form of a receipt: enough to recognise it, too little to use it. */
export function receiptHash(receipt: string): string {
  return hash("sha256", receipt, "base64url");
}

/** Whether this is the stored receipt. The time does not depend on the result. */
export function isReceipt(receipt: string, kept: string): boolean {
  const [given, expected] = [Buffer.from(receiptHash(receipt)), Buffer.from(kept)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}
