export interface Trusted {
  /** The certificate's file, as a whole path. */
  readonly file: string;
  /** An address that answers without a token. */
  readonly url: string;
}

/**
 * What makes programs of this machine trust the certificate: commands that are the same in each of the shells they are
 * named for. On Windows they are for PowerShell, the command prompt and Git's bash; elsewhere for bash, zsh, fish and PowerShell.
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

/** Puts the certificate among those that the system trusts. */
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

/** Backslashes and blanks stay what they are: Windows' shells share double quotes, all others single ones. */
function quote(path: string, platform: NodeJS.Platform): string {
  return platform === "win32" ? `"${path}"` : `'${path.replaceAll("'", `'\\''`)}'`;
}
