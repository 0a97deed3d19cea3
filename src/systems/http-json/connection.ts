import { createPrivateKey, X509Certificate } from "node:crypto";
import { z } from "zod";
import type { Connection } from "../../domain/source.ts";
import { HttpUrl, isPlainBase, isSafeForSecrets } from "../../domain/values/http-url.ts";
import type { ConnectionReader } from "../system.ts";

/**
 * Characters that a header may hold. A wrong value is refused here, because the error of the request would quote it.
 */
const HeaderValue = z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/);

/** OAuth 2.0 client credentials: for Entra (Dataverse, Business Central, Finance) and for any other issuer. */
const ClientCredentials = z
  .strictObject({
    kind: z.literal("client-credentials"),
    tokenUrl: HttpUrl.refine(isPlainBase).refine(isSafeForSecrets),
    clientId: z.string().min(1).max(1_000),
    /** Alternative: `certificate`. */
    clientSecret: z.string().min(1).max(10_000).optional(),
    /** Place of the secret in the token request; most servers read it from the body. */
    secretIn: z.enum(["body", "header"]).default("body"),
    /** PEM text of a private key and its certificate, instead of a secret. */
    certificate: z.string().refine(isKeyPair).optional(),
    scope: z.string().max(10_000).optional(),
    /** Further form fields of the token request, such as `resource` or `audience`. */
    parameters: z.record(z.string(), z.string()).default({}),
  })
  .refine(
    ({ clientSecret, certificate }) => (clientSecret === undefined) !== (certificate === undefined),
  );
export type ClientCredentials = z.infer<typeof ClientCredentials>;

const HttpConnection = z.strictObject({
  kind: z.literal("http"),
  baseUrl: HttpUrl.refine(isPlainBase),
  /** Other base URLs to which an API's links to the next page may lead. The secret is sent there, too. */
  nextLinks: z.array(HttpUrl.refine(isPlainBase)).max(20).readonly().optional(),
  auth: z
    .discriminatedUnion("kind", [
      z.strictObject({ kind: z.literal("none") }),
      z.strictObject({ kind: z.literal("bearer"), token: HeaderValue }),
      z.strictObject({
        kind: z.literal("key"),
        header: z.string().regex(/^[\w!#$%&'*+.^`|~-]+$/),
        key: HeaderValue,
      }),
      ClientCredentials,
    ])
    .default({ kind: "none" }),
});
export type HttpConnection = z.infer<typeof HttpConnection>;

/** Only {@link httpConnection} makes connections of this kind. */
export function isHttpConnection(connection: Connection): connection is HttpConnection {
  return connection.kind === "http";
}

export const httpConnection: ConnectionReader = {
  looksLike:
    'JSON such as {"kind":"http","baseUrl":"https://...","auth":{"kind":"bearer","token":"..."}}',
  read: (setting) => {
    try {
      return HttpConnection.parse(JSON.parse(setting));
    } catch {
      return null;
    }
  },
};

function isKeyPair(pem: string): boolean {
  try {
    return new X509Certificate(pem).checkPrivateKey(createPrivateKey(pem));
  } catch {
    return false;
  }
}
