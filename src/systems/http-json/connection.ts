import { createPrivateKey, X509Certificate } from "node:crypto";
import { z } from "zod";
import type { Connection } from "../../domain/source.ts";
import { HttpUrl, isPlainBase, isSafeForSecrets } from "../../domain/values/http-url.ts";
import type { ConnectionReader } from "../system.ts";

/** What a header may hold: refused here, it is never part of the message with which a request would refuse it. */
const HeaderValue = z.string().regex(/^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/);

/** OAuth 2.0 client credentials: of Entra, for Dataverse, Business Central and Finance, and of any other issuer. */
const ClientCredentials = z
  .strictObject({
    kind: z.literal("client-credentials"),
    tokenUrl: HttpUrl.refine(isPlainBase).refine(isSafeForSecrets),
    clientId: z.string().min(1).max(1_000),
    /** Or `certificate`. */
    clientSecret: z.string().min(1).max(10_000).optional(),
    /** Where the secret stands in the token request; most servers take it in the body. */
    secretIn: z.enum(["body", "header"]).default("body"),
    /** PEM text of a private key and its certificate, instead of a secret. */
    certificate: z.string().refine(isKeyPair).optional(),
    scope: z.string().max(10_000).optional(),
    /** More form fields of the token request, such as `resource` or `audience`. */
    parameters: z.record(z.string(), z.string()).default({}),
  })
  .refine(
    ({ clientSecret, certificate }) => (clientSecret === undefined) !== (certificate === undefined),
  );
export type ClientCredentials = z.infer<typeof ClientCredentials>;

const HttpConnection = z.strictObject({
  kind: z.literal("http"),
  baseUrl: HttpUrl.refine(isPlainBase),
  /** Other base URLs beneath which an API's links to the next page may lead: the secret goes there, too. */
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

/** Connections of this kind come from {@link httpConnection} alone. */
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
