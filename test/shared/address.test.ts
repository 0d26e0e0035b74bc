import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { compileRanges, isAllowedAddress } from "../../shared/address.ts";

describe("addresses of no pod, in every spelling", () => {
  const forbidden = [
    ["unspecified", "0.0.0.0", "::", "0:0:0:0:0:0:0:0"],
    ["this network", "0.1.2.3"],
    ["loopback", "127.0.0.1", "127.255.255.254", "::1", "0:0::1", "0000:0000:0000:0000:0000:0000:0000:0001"],
    ["link-local", "169.254.0.1", "fe80::1", "FE80::1", "febf::1"],
    ["metadata", "169.254.169.254", "168.63.129.16", "100.100.100.200", "fd00:ec2::254", "fd00:0ec2:0:0::0254"],
    ["multicast", "224.0.0.1", "239.255.255.255", "ff02::1", "ff0e::1"],
    ["reserved and broadcast", "240.0.0.1", "255.255.255.255"],
    [
      "IPv4 as IPv6",
      "::ffff:127.0.0.1",
      "::ffff:7f00:1",
      "::FFFF:10.1.2.3",
      "64:ff9b::7f00:1",
      "64:ff9b::169.254.169.254",
    ],
    ["a zone", "fe80::1%eth0", "fd00::1%0"],
    ["no address", "", " ", "localhost", "10.1.2", "10.1.2.3.4", "10.1.2.3 ", "10.1.2.3/32", "[::1]", "2130706433"],
    ["other bases", "0177.0.0.1", "0x7f.0.0.1", "010.1.2.3", "127.1", "0x7f000001", "１２７.0.0.1"],
  ];
  for (const [what = "", ...spellings] of forbidden) {
    for (const address of spellings) {
      test(`${what}: ${JSON.stringify(address)}`, () => assert.equal(isAllowedAddress(address, undefined), false));
    }
  }

  test("pods' addresses are taken", () => {
    for (const address of ["10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "8.8.8.8", "fd00::1", "2001:db8::1"])
      assert.equal(isAllowedAddress(address, undefined), true, address);
  });
});

/** Number of an IPv4 address. */
const toNumber = (octets: number[]) => octets.reduce((sum, octet) => sum * 256 + octet, 0);
const octets = fc.array(fc.nat(255), { minLength: 4, maxLength: 4 });

test("a network holds exactly the addresses that share its first bits", () => {
  fc.assert(
    fc.property(octets, octets, fc.integer({ min: 1, max: 32 }), (net, address, bits) => {
      const allowed = isAllowedAddress(address.join("."), compileRanges([`${net.join(".")}/${bits}`]));
      const inside = Math.floor(toNumber(net) / 2 ** (32 - bits)) === Math.floor(toNumber(address) / 2 ** (32 - bits));
      return allowed === (inside && isAllowedAddress(address.join("."), undefined));
    }),
  );
});

test("whatever spelling an allowed IPv6 address has, it is judged by its bytes", () => {
  const groups = fc.array(fc.nat(0xffff), { minLength: 8, maxLength: 8 });
  fc.assert(
    fc.property(groups, (parts) => {
      const long = parts.map((part) => part.toString(16).padStart(4, "0")).join(":");
      const short = parts.map((part) => part.toString(16)).join(":");
      const compressed = new URL(`http://[${short}]/`).hostname.slice(1, -1);
      const verdicts = [long, short, short.toUpperCase(), compressed].map((text) => isAllowedAddress(text, undefined));
      return new Set(verdicts).size === 1;
    }),
  );
});

test("what is no network is refused by name", () => {
  for (const text of ["10.0.0.0", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0/8", "fd00::/129", "all"])
    assert.throws(() => compileRanges([text]), RangeError, text);
});
