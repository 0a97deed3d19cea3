import { BlockList } from "node:net";
import ipaddr from "ipaddr.js";

export interface AddressPolicy {
  /** Whether the operator allows addresses inside a network for this host. */
  readonly allowPrivate: boolean;
  readonly isEncrypted: boolean;
}

/**
 * Addresses that the library takes for public, and that lead inside: Azure's platform service, IPv4 addresses in
 * IPv6 form. Of IPv6 only 2000::/3 is public.
 */
const NOT_PUBLIC = new BlockList();
NOT_PUBLIC.addAddress("168.63.129.16");
NOT_PUBLIC.addSubnet("::", 3, "ipv6");
NOT_PUBLIC.addSubnet("4000::", 2, "ipv6");
NOT_PUBLIC.addSubnet("8000::", 1, "ipv6");

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
  const isBlocked = NOT_PUBLIC.check(address.toString(), address.kind());
  return range === "unicast" && !isBlocked ? "public" : "never";
}
