/**
 * The least that can answer a review over HTTPS: Node's own server, the body parsed, a constant answer. No routes, no limits,
 * no checks, no decision, no metrics, no log. It sets the floor. Arguments: port, folder of the certificate.
 */
import { readFileSync } from "node:fs";
import { createServer } from "node:https";
import { join } from "node:path";

const [port = "", folder = ""] = process.argv.slice(2);
const [cert, key] = ["tls.crt", "tls.key"].map((file) => readFileSync(join(folder, file)));
const response = { uid: "7f0b2891-916f-4ed6-b7cd-27bff1815a8c", allowed: true };
const answer = JSON.stringify({ apiVersion: "admission.k8s.io/v1", kind: "AdmissionReview", response });

createServer({ cert, key, minVersion: "TLSv1.2", keepAliveTimeout: 95_000 }, (request, outgoing) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    JSON.parse(Buffer.concat(chunks).toString("utf8"));
    outgoing.setHeader("content-type", "application/json");
    outgoing.end(answer);
  });
}).listen(Number(port), "127.0.0.1");
