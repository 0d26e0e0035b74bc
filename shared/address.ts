/**
 * Which addresses a peer may make us write. We are the confused deputy of CVE-2021-25740: whoever writes a slice in one
 * cluster makes clients of another one send traffic to the addresses in it.
 */
import { BlockList, isIP } from "node:net";

/** Never the address of a pod: unspecified, loopback, link-local (cloud metadata included), multicast, broadcast. */
const FORBIDDEN: readonly (readonly [string, number, "ipv4" | "ipv6"])[] = [
  ["0.0.0.0", 8, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["224.0.0.0", 4, "ipv4"],
  ["240.0.0.0", 4, "ipv4"],
  // Metadata services outside the link-local range: Azure, Alibaba, AWS over IPv6.
  ["168.63.129.16", 32, "ipv4"],
  ["100.100.100.200", 32, "ipv4"],
  ["fd00:ec2::254", 128, "ipv6"],
  ["::", 128, "ipv6"],
  ["::1", 128, "ipv6"],
  ["fe80::", 10, "ipv6"],
  ["ff00::", 8, "ipv6"],
  // IPv4 in IPv6 clothing would pass the list above under another spelling.
  ["::ffff:0:0", 96, "ipv6"],
  ["64:ff9b::", 96, "ipv6"],
];

// One list per family: a BlockList takes an IPv4 address for its IPv4-mapped IPv6 spelling, which is forbidden as such.
const forbidden = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [net, prefix, family] of FORBIDDEN) forbidden[family].addSubnet(net, prefix, family);

/** First bytes of all forbidden IPv4 addresses: one that begins otherwise, as nearly all do, need not be looked up. */
const forbiddenBytes = new Set(
  FORBIDDEN.filter(([, , family]) => family === "ipv4").flatMap(([net, prefix]) =>
    Array.from({ length: 2 ** Math.max(0, 8 - prefix) }, (_, i) => Number.parseInt(net, 10) + i),
  ),
);

function isForbidden(address: string, family: "ipv4" | "ipv6"): boolean {
  if (family === "ipv4" && !forbiddenBytes.has(Number.parseInt(address, 10))) return false;
  return forbidden[family].check(address, family);
}

/** A compiled CIDR list; see `compileRanges`. */
export type Ranges = BlockList;

/** Compiles CIDRs such as `10.1.0.0/16`. Throws RangeError naming the first that is none. */
export function compileRanges(cidrs: readonly string[]): Ranges {
  const ranges = new BlockList();
  for (const cidr of cidrs) {
    const [net = "", bits = ""] = cidr.split("/");
    const family = isIP(net);
    const prefix = Number(bits);
    if (family === 0 || !/^\d+$/.test(bits) || prefix > (family === 4 ? 32 : 128)) {
      throw new RangeError(`"${cidr}" is not a CIDR such as 10.1.0.0/16`);
    }
    ranges.addSubnet(net, prefix, family === 4 ? "ipv4" : "ipv6");
  }
  return ranges;
}

/** True if a peer's endpoint may have this address: a plain IP outside the deny list and inside `allowed`, if given. */
export function isAllowedAddress(address: string, allowed: Ranges | undefined): boolean {
  const version = isIP(address);
  if (version === 0 || address.includes("%")) return false;
  const family = version === 4 ? "ipv4" : "ipv6";
  if (isForbidden(address, family)) return false;
  return allowed ? allowed.check(address, family) : true;
}
