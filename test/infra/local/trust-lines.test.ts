import { expect, test } from "vitest";
import { trustLines } from "../../../infra/local/trust-lines.ts";

const url = "https://127.0.0.1:7071/api/openapi.json";

test("on Windows backslashes and blanks of a path are kept, in double quotes, which all of its shells know", () => {
  const file = "C:\\Users\\Anna Berg\\new\\.local\\certificate.pem";

  expect(trustLines({ file, url }, "win32")).toEqual([
    `curl              curl.exe --ssl-revoke-best-effort --cacert "${file}" ${url}`,
    `Node              export NODE_EXTRA_CA_CERTS="${file}"`,
    `  in PowerShell   $env:NODE_EXTRA_CA_CERTS = "${file}"`,
    `everything else   certutil -user -addstore Root "${file}"`,
  ]);
});

test.each([
  ["linux", "sudo cp '/home/o'\\''brien/a b.pem' /usr/local/share/ca-certificates/waybill.crt; "],
  ["darwin", "security add-trusted-cert -p ssl '/home/o'\\''brien/a b.pem'"],
] as const)("on %s a path stands in single quotes, one of its own included", (platform, text) => {
  const [curl, , , system] = trustLines({ file: "/home/o'brien/a b.pem", url }, platform);

  expect(curl).toBe(`curl              curl --cacert '/home/o'\\''brien/a b.pem' ${url}`);
  expect(system).toContain(text);
});
