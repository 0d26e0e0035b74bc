/**
 * What a PEM text says, read with node:crypto. node-forge only creates certificates here: its parsing and verification
 * are where its past security holes were.
 */
import { createPrivateKey, X509Certificate } from "node:crypto";
import { isIP } from "node:net";

/** A certificate and its private key, both PEM. */
export interface KeyPair {
  cert: string;
  key: string;
}

/** A usable certificate authority. */
export interface Authority {
  pem: string;
  fingerprint: string;
  /** Milliseconds since 1970. */
  notBefore: number;
  notAfter: number;
  /** We hold its private key. */
  canSign: boolean;
}

/** A server certificate whose key belongs to it. */
export interface Leaf {
  fingerprint: string;
  notBefore: number;
  notAfter: number;
  /** Wanted DNS names and IP addresses it is not valid for. */
  missing: string[];
  /** Fingerprints of the known authorities that signed it. */
  issuers: string[];
}

const PEM_BLOCK = /-----BEGIN CERTIFICATE-----[\s\S]+?-----END CERTIFICATE-----/g;

function parse(pem: string): X509Certificate | undefined {
  try {
    return new X509Certificate(pem);
  } catch {
    return undefined;
  }
}

function ownsKey(certificate: X509Certificate, key: string | undefined): boolean {
  if (key === undefined) return false;
  try {
    return certificate.checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

/** Facts of an authority, or undefined where the text is no self-signed CA certificate. */
export function readAuthority(pem: string | undefined, key?: string): Authority | undefined {
  const certificate = pem === undefined ? undefined : parse(pem);
  if (!certificate?.ca || !certificate.verify(certificate.publicKey)) return undefined;
  return {
    // Serialised anew, so that one certificate always is one text, however it was stored.
    pem: certificate.toString(),
    fingerprint: certificate.fingerprint256,
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
    canSign: ownsKey(certificate, key),
  };
}

/** Every authority in a bundle; what cannot be read is left out. */
export function readBundle(pem: string): Authority[] {
  return (pem.match(PEM_BLOCK) ?? []).flatMap((block) => readAuthority(block) ?? []);
}

function signs(authority: Authority, certificate: X509Certificate): boolean {
  const issuer = new X509Certificate(authority.pem);
  return certificate.checkIssued(issuer) && certificate.verify(issuer.publicKey);
}

function covers(certificate: X509Certificate, host: string): boolean {
  return (isIP(host) ? certificate.checkIP(host) : certificate.checkHost(host)) !== undefined;
}

/** Facts of a server certificate, or undefined where it cannot be read or the key is not its own. */
export function readLeaf(
  pair: Partial<KeyPair> | undefined,
  authorities: readonly Authority[],
  hosts: readonly string[],
): Leaf | undefined {
  const certificate = pair?.cert === undefined ? undefined : parse(pair.cert);
  if (!certificate || certificate.ca || !ownsKey(certificate, pair?.key)) return undefined;
  return {
    fingerprint: certificate.fingerprint256,
    notBefore: certificate.validFromDate.getTime(),
    notAfter: certificate.validToDate.getTime(),
    missing: hosts.filter((host) => !covers(certificate, host)),
    issuers: authorities.filter((authority) => signs(authority, certificate)).map((one) => one.fingerprint),
  };
}
