import { z } from "zod";

export const HttpUrl = z.url({ protocol: /^https?$/, error: "must be an http or https URL" });

/** An address that others can be made from by appending to it, and that holds no secret. */
export function isPlainBase(url: string): boolean {
  return !/[?#]|^\w+:\/\/[^/]*@/.test(url);
}

/** Secrets go out over https, or stay on this machine. */
export function isSafeForSecrets(url: string): boolean {
  return /^https:|^http:\/\/(?:127\.0\.0\.1|localhost|\[::1\])(?:[:/]|$)/.test(url);
}
