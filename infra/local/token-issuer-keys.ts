import {
  createHash,
  generateKeyPair,
  type JsonWebKey,
  type KeyObject,
  sign as signBytes,
} from "node:crypto";
import { promisify } from "node:util";

/** The tenant's signing keys: the newest signs; it and the previous one are published. */
export interface SigningKeys {
  /** Makes a new signing key. The key before the previous one disappears from the key set. */
  rotate(): Promise<void>;
  /** The JSON Web Key Set, in Entra's form. */
  keySet(): { keys: object[] };
  /**
   * Signs any claims with RS256, even false ones. `header` overrides `typ`, `alg`, `kid` and `x5t`, so it can be false,
   * too. A given `key` makes the signature.
   */
  sign(claims: object, header?: object, key?: KeyObject): string;
}

const RSA_BITS = 2048;

export async function makeSigningKeys(): Promise<SigningKeys> {
  let published = [await makeKey()];

  return {
    async rotate() {
      published = [await makeKey(), ...published].slice(0, 2);
    },
    keySet: () => ({ keys: published.map(({ jwk }) => jwk) }),
    sign(claims, header = {}, key) {
      const [newest] = published as [SigningKey];
      const protectedHeader = { typ: "JWT", alg: "RS256", kid: newest.kid, ...header };
      const input = `${encoded(protectedHeader)}.${encoded(claims)}`;
      const signature = signBytes("RSA-SHA256", Buffer.from(input), key ?? newest.privateKey);
      return `${input}.${signature.toString("base64url")}`;
    },
  };
}

interface SigningKey {
  readonly kid: string;
  readonly privateKey: KeyObject;
  readonly jwk: object;
}

async function makeKey(): Promise<SigningKey> {
  const { privateKey, publicKey } = await promisify(generateKeyPair)("rsa", {
    modulusLength: RSA_BITS,
  });
  const { n, e } = publicKey.export({ format: "jwk" }) as JsonWebKey;
  // Entra's key ids are SHA-1 thumbprints of its certificates. Here the modulus is hashed.
  const kid = createHash("sha1").update(String(n)).digest("base64url");
  // No "alg": Entra gives none either.
  return { kid, privateKey, jwk: { kty: "RSA", use: "sig", kid, x5t: kid, n, e } };
}

function encoded(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString("base64url");
}
