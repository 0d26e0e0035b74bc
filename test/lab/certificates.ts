import { generateKeyPairSync } from "node:crypto";
import forge from "node-forge";
import { newSerial } from "../../sync/certificates/issuer.ts";

/** A certificate and its private key, both PEM. */
export interface Credential {
  cert: string;
  key: string;
}

/** The certificates of one cluster, all PEM, valid for ten years. */
export interface ClusterPki {
  ca: string;
  server: Credential;
  /** Group system:masters. */
  admin: Credential;
  /** Signs ServiceAccount tokens. */
  serviceAccountKey: string;
  serviceAccountPublicKey: string;
}

interface Subject {
  commonName: string;
  organization?: string;
}

interface KeyPair {
  privateKey: string;
  publicKey: string;
}

const DAY = 24 * 60 * 60 * 1000;

function newKeyPair(): KeyPair {
  return generateKeyPairSync("rsa", {
    modulusLength: 2048,
    publicKeyEncoding: { type: "spki", format: "pem" },
    privateKeyEncoding: { type: "pkcs1", format: "pem" },
  });
}

function attributes({ commonName, organization }: Subject): forge.pki.CertificateField[] {
  const fields = [{ name: "commonName", value: commonName }];
  return organization ? [{ name: "organizationName", value: organization }, ...fields] : fields;
}

function signCertificate(subject: Subject, keys: KeyPair, issuer: Subject, issuerKey: string, extensions: object[]) {
  const certificate = forge.pki.createCertificate();
  certificate.publicKey = forge.pki.publicKeyFromPem(keys.publicKey);
  certificate.serialNumber = newSerial();
  certificate.validity.notBefore = new Date(Date.now() - DAY);
  certificate.validity.notAfter = new Date(Date.now() + 3650 * DAY);
  certificate.setSubject(attributes(subject));
  certificate.setIssuer(attributes(issuer));
  certificate.setExtensions(extensions);
  certificate.sign(forge.pki.privateKeyFromPem(issuerKey), forge.md.sha256.create());
  return forge.pki.certificateToPem(certificate);
}

/**
 * Makes a certificate authority for a cluster and everything signed by it.
 * @param names DNS names and IPv4 addresses under which the API server is called.
 */
export function makePki(cluster: string, names: string[]): ClusterPki {
  const issuer = { commonName: `${cluster} lab CA` };
  const caKeys = newKeyPair();
  const ca = signCertificate(issuer, caKeys, issuer, caKeys.privateKey, [
    { name: "basicConstraints", cA: true, critical: true },
    { name: "keyUsage", keyCertSign: true, cRLSign: true, digitalSignature: true, critical: true },
    { name: "subjectKeyIdentifier" },
  ]);
  const issue = (subject: Subject, extensions: object[]): Credential => {
    const keys = newKeyPair();
    const usage = { name: "keyUsage", digitalSignature: true, keyEncipherment: true, critical: true };
    const cert = signCertificate(subject, keys, issuer, caKeys.privateKey, [usage, ...extensions]);
    return { cert, key: keys.privateKey };
  };
  const altNames = names.map((name) => (/^[\d.]+$/.test(name) ? { type: 7, ip: name } : { type: 2, value: name }));
  const serviceAccount = newKeyPair();
  return {
    ca,
    server: issue({ commonName: "kube-apiserver" }, [
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames },
    ]),
    admin: issue({ commonName: "lab-admin", organization: "system:masters" }, [
      { name: "extKeyUsage", clientAuth: true },
    ]),
    serviceAccountKey: serviceAccount.privateKey,
    serviceAccountPublicKey: serviceAccount.publicKey,
  };
}
