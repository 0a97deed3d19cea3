import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import type { HttpConnection } from "./connection.ts";

/**
 * A text stored outside of the app's settings, encrypted with the connection's secret: an API can put its tokens into
 * its links. If an API asks for no secret, its text is public anyway.
 *
 * Equal texts are sealed to equal results: the nonce is made from the text.
 */
export function sealed(text: string, auth: HttpConnection["auth"]): string {
  const key = keyOf(auth);
  const nonce = createHmac("sha256", key).update(text).digest().subarray(0, NONCE_BYTES);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  const parts = [nonce, cipher.update(text, "utf8"), cipher.final(), cipher.getAuthTag()];
  return Buffer.concat(parts).toString("base64");
}

/** @returns null when it was sealed with another secret */
export function unsealed(text: string, auth: HttpConnection["auth"]): string | null {
  const bytes = Buffer.from(text, "base64");
  if (bytes.length < NONCE_BYTES + TAG_BYTES) {
    return null;
  }
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const decipher = createDecipheriv("aes-256-gcm", keyOf(auth), nonce);
  decipher.setAuthTag(bytes.subarray(-TAG_BYTES));
  try {
    const start = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([start, decipher.final()]).toString();
  } catch {
    return null;
  }
}

const NONCE_BYTES = 12;
const TAG_BYTES = 16;

function keyOf(auth: HttpConnection["auth"]): Buffer {
  return Buffer.from(hkdfSync("sha256", JSON.stringify(auth), "", "waybill sealed text", 32));
}
