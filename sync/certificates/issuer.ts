/** Creates certificates with node-forge. */
import { randomBytes } from "node:crypto";
import { isIP } from "node:net";
import forge from "node-forge";
import { AUTHORITY_LIFE, BACKDATED, LEAF_LIFE } from "./decision.ts";
import type { KeyPair } from "./facts.ts";

const BITS = 2048;

interface Order {
  commonName: string;
  keys: forge.pki.rsa.KeyPair;
  issuer: { subject: forge.pki.CertificateField[]; key: forge.pki.rsa.PrivateKey };
  notBefore: number;
  notAfter: number;
  extensions: object[];
}

/** Makes an RSA key pair without blocking the event loop (the synchronous form stops it for 270 ms). */
export function makeKeys(): Promise<forge.pki.rsa.KeyPair> {
  return new Promise((resolve, reject) => {
    forge.pki.rsa.generateKeyPair({ bits: BITS }, (error, keys) => (error ? reject(error) : resolve(keys)));
  });
}

/**
 * A random serial number, 16 bytes in hexadecimal. A first byte from 40 to 7f keeps it positive and its encoding minimal;
 * OpenSSL refuses any other ("illegal padding"), which a plain leading zero met once in 512 certificates.
 */
export function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString("hex");
}

function sign(order: Order): KeyPair {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = order.keys.publicKey;
  certificate.serialNumber = newSerial();
  certificate.validity.notBefore = new Date(order.notBefore);
  certificate.validity.notAfter = new Date(order.notAfter);
  certificate.setSubject([{ name: "commonName", value: order.commonName }]);
  certificate.setIssuer(order.issuer.subject);
  certificate.setExtensions(order.extensions);
  certificate.sign(order.issuer.key, forge.md.sha256.create());
  return { cert: forge.pki.certificateToPem(certificate), key: forge.pki.privateKeyToPem(order.keys.privateKey) };
}

/** Makes a self-signed authority valid for a year from `now`. */
export async function makeAuthority(now: number, newKeys = makeKeys): Promise<KeyPair> {
  const keys = await newKeys();
  // The names of two authorities must differ, or verifiers try the wrong one of a bundle.
  const commonName = `syndicate-webhook-ca-${randomBytes(6).toString("hex")}`;
  return sign({
    commonName,
    keys,
    issuer: { subject: [{ name: "commonName", value: commonName }], key: keys.privateKey },
    notBefore: now - BACKDATED,
    notAfter: now + AUTHORITY_LIFE,
    extensions: [
      { name: "basicConstraints", cA: true, pathLenConstraint: 0, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
      { name: "subjectKeyIdentifier" },
    ],
  });
}

/** Makes a server certificate for DNS names and IP addresses, valid for 30 days but never longer than its authority. */
export async function issueLeaf(
  authority: KeyPair,
  hosts: readonly string[],
  now: number,
  newKeys = makeKeys,
): Promise<KeyPair> {
  const issuer = forge.pki.certificateFromPem(authority.cert);
  const altNames = hosts.map((host) => (isIP(host) ? { type: 7, ip: host } : { type: 2, value: host }));
  return sign({
    // At most 64 characters are allowed in a common name; verifiers read the alternative names only.
    commonName: (hosts[0] ?? "syndicate-webhook").slice(0, 64),
    keys: await newKeys(),
    issuer: { subject: issuer.subject.attributes, key: forge.pki.privateKeyFromPem(authority.key) },
    notBefore: now - BACKDATED,
    notAfter: Math.min(now + LEAF_LIFE, issuer.validity.notAfter.getTime()),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames },
    ],
  });
}
