import type { BlobServiceClient } from "@azure/storage-blob";
import { expect, test } from "vitest";
import { blobSigner } from "../../src/stores/blob-signatures.ts";

const inTime = () => ({ abortSignal: AbortSignal.timeout(10_000) });
const PATH = { container: "inbox", name: "a/b" };

/** An account that the app reaches by its identity. */
function identityService(): { service: BlobServiceClient; keys: [start: Date, end: Date][] } {
  const keys: [Date, Date][] = [];
  const url = "https://account.blob.core.windows.net/";
  const blob = { url: `${url}inbox/a/b` };
  const service = {
    url,
    accountName: "account",
    credential: { getToken: async () => ({ token: "x", expiresOnTimestamp: 0 }) },
    getContainerClient: () => ({ getBlobClient: () => blob }),
    getUserDelegationKey: async (start: Date, end: Date) => {
      keys.push([start, end]);
      return {
        signedObjectId: "object",
        signedTenantId: "tenant",
        signedStartsOn: start,
        signedExpiresOn: end,
        signedService: "b",
        signedVersion: "2025-11-05",
        value: Buffer.from("key").toString("base64"),
      };
    },
  };
  return { service: service as unknown as BlobServiceClient, keys };
}

test("with an identity an address is signed by a user-delegation key, for https alone", async () => {
  const { service } = identityService();
  const expiresAt = new Date(Date.now() + 3_600_000);

  const url = new URL(
    await blobSigner(service, inTime).url({ path: PATH, permissions: "cw", expiresAt }),
  );

  expect(url.origin + url.pathname).toBe("https://account.blob.core.windows.net/inbox/a/b");
  const signed = Object.fromEntries(url.searchParams);
  expect(signed).toMatchObject({
    sv: "2025-11-05",
    spr: "https",
    sr: "b",
    sp: "cw",
    skoid: "object",
    sktid: "tenant",
  });
  expect(Date.parse(signed.se ?? "")).toBe(Math.floor(expiresAt.getTime() / 1_000) * 1_000);
  expect(Date.parse(signed.st ?? "")).toBeLessThan(Date.now() - 14 * 60_000);
});

test("one key signs many addresses, and no address that outlives it", async () => {
  const { service, keys } = identityService();
  const sign = blobSigner(service, inTime).url;
  const inMs = (ms: number) => new Date(Date.now() + ms);

  await sign({ path: PATH, permissions: "r", expiresAt: inMs(3_600_000) });
  await sign({ path: PATH, permissions: "r", expiresAt: inMs(2 * 3_600_000) });
  expect(keys).toHaveLength(1);
  const late = inMs(6 * 3_600_000);
  await sign({ path: PATH, permissions: "r", expiresAt: late });

  expect(keys).toHaveLength(2);
  expect(keys[1]?.[1]).toEqual(late);
});

test("a key that nobody answers with is waited for no longer than a request may take", async () => {
  const service = {
    ...identityService().service,
    getUserDelegationKey: (_from: Date, _to: Date, { abortSignal }: { abortSignal: AbortSignal }) =>
      new Promise((_resolve, reject) => {
        abortSignal.addEventListener("abort", () => reject(abortSignal.reason));
      }),
  } as unknown as BlobServiceClient;
  const over = new AbortController();
  const sign = blobSigner(service, () => ({ abortSignal: over.signal })).url;

  const signing = sign({ path: PATH, permissions: "r", expiresAt: new Date() });
  over.abort(new Error("over"));

  await expect(signing).rejects.toThrow("over");
});
