import { createCipheriv, createDecipheriv, createHmac, hkdfSync } from "node:crypto";
import type { HttpConnection } from "./connection.ts";

/**
 * A text that is kept outside of the app's settings, for those alone who have the connection's secret. An API can put
 * tokens of its own into its links. Of an API that asks for no secret, everybody could have got the text.
 *
 * Equal texts are sealed to equal ones: the nonce is made from the text.
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
