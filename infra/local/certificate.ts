import { X509Certificate } from "node:crypto";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { getCACertificates, setDefaultCACertificates } from "node:tls";
import { generate } from "selfsigned";

export interface Certificate {
  /** PEM texts. */
  readonly key: string;
  readonly cert: string;
}

/** A certificate in files, for servers in other processes and for clients. */
export interface CertificateInFiles extends Certificate {
  readonly keyFile: string;
  readonly certFile: string;
}

/** A kept certificate with less remaining time is replaced. */
const LEAST_REST_MS = 30 * 24 * 3_600_000;

/**
 * Makes a certificate for `localhost` and 127.0.0.1. Clients must be told to trust it. It lasts a year and is not an
 * authority, so trust in it covers only this machine's own address.
 */
export async function makeCertificate(): Promise<Certificate> {
  const { private: key, cert } = await generate([{ name: "commonName", value: "localhost" }], {
    algorithm: "sha256",
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  return { key, cert };
}

/** Makes a certificate and writes it to a directory; only its owner may read the key. */
export async function newCertificate(directory: string): Promise<CertificateInFiles> {
  const certificate = await makeCertificate();
  const { keyFile, certFile } = filesIn(directory);
  await mkdir(directory, { recursive: true });
  await writeFile(keyFile, certificate.key, { mode: 0o600 });
  await writeFile(certFile, certificate.cert);
  return { ...certificate, keyFile, certFile };
}

/** The certificate of the last start with this directory. A missing one, or one that ends soon, is made anew. */
export async function keptCertificate(directory: string): Promise<CertificateInFiles> {
  const files = filesIn(directory);
  try {
    const [key, cert] = await Promise.all([
      readFile(files.keyFile, "utf8"),
      readFile(files.certFile, "utf8"),
    ]);
    if (endOf(cert).getTime() - Date.now() > LEAST_REST_MS) {
      return { key, cert, ...files };
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") {
      throw new Error(`Cannot read the certificate in "${files.certFile}": remove the file`, {
        cause: error,
      });
    }
  }
  return newCertificate(directory);
}

/** Makes this process trust the certificate, in addition to all that it trusts already. */
export function trustCertificate(cert: string): void {
  setDefaultCACertificates([...getCACertificates("default"), cert]);
}

export function endOf(cert: string): Date {
  return new X509Certificate(cert).validToDate;
}

function filesIn(directory: string): { keyFile: string; certFile: string } {
  return {
    keyFile: join(directory, "certificate.key"),
    certFile: join(directory, "certificate.pem"),
  };
}
