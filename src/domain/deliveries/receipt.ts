import { hash, timingSafeEqual } from "node:crypto";

/** What is kept of a receipt: enough to know it again, too little to use it. */
export function receiptHash(receipt: string): string {
  return hash("sha256", receipt, "base64url");
}

/** Whether this is the receipt that was kept so; takes the same time whatever the answer. */
export function isReceipt(receipt: string, kept: string): boolean {
  const [given, expected] = [Buffer.from(receiptHash(receipt)), Buffer.from(kept)];
  return given.length === expected.length && timingSafeEqual(given, expected);
}
