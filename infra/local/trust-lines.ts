export interface Trusted {
  /** The certificate's file, as an absolute path. */
  readonly file: string;
  /** An address that answers without a token. */
  readonly url: string;
}

/**
 * Commands that make programs of this machine trust the certificate. Each command works in all shells it is named for.
 * On Windows these are PowerShell, the command prompt and Git's bash; elsewhere bash, zsh, fish and PowerShell.
 */
export function trustLines({ file, url }: Trusted, platform: NodeJS.Platform): string[] {
  const quoted = quote(file, platform);
  const isWindows = platform === "win32";
  const curl = isWindows ? "curl.exe --ssl-revoke-best-effort" : "curl";
  return [
    `curl              ${curl} --cacert ${quoted} ${url}`,
    `Node              export NODE_EXTRA_CA_CERTS=${quoted}`,
    `  in PowerShell   $env:NODE_EXTRA_CA_CERTS = ${quoted}`,
    `everything else   ${systemLine(quoted, platform)}`,
  ];
}

/** Adds the certificate to those that the system trusts. */
function systemLine(quoted: string, platform: NodeJS.Platform): string {
  switch (platform) {
    case "win32":
      return `certutil -user -addstore Root ${quoted}`;
    case "darwin":
      return `security add-trusted-cert -p ssl ${quoted}`;
    default:
      return `sudo cp ${quoted} /usr/local/share/ca-certificates/waybill.crt; sudo update-ca-certificates`;
  }
}

/** Backslashes and blanks stay unchanged: Windows' shells share double quotes, all others single ones. */
function quote(path: string, platform: NodeJS.Platform): string {
  return platform === "win32" ? `"${path}"` : `'${path.replaceAll("'", `'\\''`)}'`;
}
