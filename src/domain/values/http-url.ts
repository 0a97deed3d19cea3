import { z } from "zod";

export const HttpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

/** Whether an address can be extended by appending to it, and holds no secret. */
export function isPlainBase(url: string): boolean {
  return !/[?#]|^\w+:\/\/[^/]*@/.test(url);
}

/** Whether a secret may be sent there: over https, or on this machine. */
export function isSafeForSecrets(url: string): boolean {
  return /^https:|^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?:[:/]|$)/.test(url);
}
