import ipaddr from "ipaddr.js";

export interface AddressPolicy {
  /** Whether the operator allows addresses inside a network for this host. */
  readonly allowPrivate: boolean;
  readonly isEncrypted: boolean;
}

/** Azure's platform service: every virtual machine reaches it, and the library takes it for public. */
const PLATFORM = "168.63.129.16";
/** All public IPv6 addresses. The library takes some disguised IPv4 addresses for public, too. */
const PUBLIC_IPV6 = ipaddr.IPv6.parseCIDR("2000::/3");

/** Ranges of networks that an operator may own. Link-local addresses are not among them: they give away identities. */
const INSIDE: readonly string[] = ["private", "loopback", "uniqueLocal", "carrierGradeNat"];

/**
 * Whether a webhook may connect to an IP address.
 *
 * | address | https | https, `allowPrivate` | http, `allowPrivate` |
 * |---|---|---|---|
 * | public | yes | yes | no: anybody could read the body |
 * | private, loopback | no | yes | yes |
 * | link-local, Azure's platform, multicast, reserved, IPv4 within IPv6 | no | no | no |
 *
 * @returns why not, in words that name no address; null when it may
 */
export function addressRefusal(address: string, policy: AddressPolicy): string | null {
  const kind = kindOf(address);
  if (kind === "inside" && policy.allowPrivate) {
    return null;
  }
  if (kind === "public") {
    return policy.isEncrypted ? null : "the URL is http, and its host has a public address";
  }
  return kind === "inside"
    ? "its host has a private or loopback address, which its connection does not allow"
    : "its host has a link-local, platform or reserved address, which is never called";
}

function kindOf(text: string): "public" | "inside" | "never" {
  if (!ipaddr.isValid(text)) {
    return "never";
  }
  // an IPv4 address within ::ffff:0:0/96 counts as what it is
  const address = ipaddr.process(text);
  const range = address.range();
  if (INSIDE.includes(range)) {
    return "inside";
  }
  const isPublic =
    address instanceof ipaddr.IPv6 ? address.match(PUBLIC_IPV6) : address.toString() !== PLATFORM;
  return range === "unicast" && isPublic ? "public" : "never";
}
