/** A webhook as it runs, on a free port with a certificate of its own, and a caller that trusts it. */

import { type Agent, request } from "node:https";
import { type DestinationStream, pino } from "pino";
import type { Advice } from "../../shared/advice.ts";
import { SYNC_USER } from "../../shared/keys.ts";
import type { Service } from "../../shared/kube/objects.ts";
import { issueLeaf, makeAuthority } from "../../sync/certificates/issuer.ts";
import { type AppDeps, createApp } from "../../webhook/app.ts";
import type { KeyPair } from "../../webhook/certificate.ts";
import { createMetrics } from "../../webhook/metrics.ts";
import type { Review } from "../../webhook/review.ts";
import { createWebhookServer, type ServerLimits, type WebhookServer } from "../../webhook/server.ts";

export const NOW = 1_800_000_000_000;

export interface Answer {
  status: number;
  headers: Record<string, string | string[] | undefined>;
  text: string;
  /** The answer as a review; only meaningful where one is expected. */
  review: Review;
}

export interface Served {
  port: number;
  ca: string;
  server: WebhookServer;
  /** Lines the webhook logged. */
  logged: string[];
  call(path: string, options?: CallOptions): Promise<Answer>;
}

export interface CallOptions {
  method?: string;
  body?: string | Buffer;
  headers?: Record<string, string>;
  agent?: Agent;
}

/** A CA and a leaf for 127.0.0.1, valid now. */
export async function makeCertificate(now = Date.now()): Promise<{ ca: string; pair: KeyPair }> {
  const authority = await makeAuthority(now);
  const leaf = await issueLeaf(authority, ["127.0.0.1", "localhost"], now);
  return { ca: authority.cert, pair: { ...leaf, notAfter: new Date(now + 86_400_000) } };
}

/** App dependencies that answer at once, with overrides. */
export function appDeps(extra: Partial<AppDeps> = {}, logged: string[] = []): AppDeps {
  const stream: DestinationStream = { write: (line) => void logged.push(line) };
  return {
    settings: { cluster: "a", syncUser: SYNC_USER, unionSelector: "strip" },
    askAdvice: async () => adviceWith("b"),
    now: () => NOW,
    metrics: createMetrics(),
    log: pino({ level: "debug" }, stream),
    whyUnready: () => undefined,
    ...extra,
  };
}

/** Advice of cluster `a` whose named peers hold replicas. */
export function adviceWith(...peers: string[]): Advice {
  const clusters = peers.map((name) => ({ name, readable: true, service: "replica" as const, ready: 1, ports: [] }));
  return { cluster: "a", clusters: [{ name: "a", readable: true, service: "own", ready: 1, ports: [] }, ...clusters] };
}

/** Serves until the caller drains `server`. */
export async function serve(extra: Partial<AppDeps> = {}, limits: Partial<ServerLimits> = {}): Promise<Served> {
  const { ca, pair } = await makeCertificate();
  const logged: string[] = [];
  const server = createWebhookServer(pair, createApp(appDeps(extra, logged)), { drainMs: 0, finishMs: 100, ...limits });
  const port = await server.listen(0, "127.0.0.1");
  return { port, ca, server, logged, call: (path, options) => call(port, ca, path, options) };
}

/** One HTTPS call. Rejects on connection errors. */
export function call(port: number, ca: string, path: string, options: CallOptions = {}): Promise<Answer> {
  const { body, agent, method = body === undefined ? "GET" : "POST" } = options;
  const headers = { ...(body === undefined ? {} : { "content-type": "application/json" }), ...options.headers };
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port, path, method, headers, ca, agent: agent ?? false },
      (incoming) => {
        const chunks: Buffer[] = [];
        incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
        incoming.on("error", reject);
        incoming.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          const isJson = String(incoming.headers["content-type"]).includes("json");
          const review = (isJson ? JSON.parse(text) : {}) as Review;
          resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, text, review });
        });
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

/** The body of a review as the API server writes it. */
export function reviewBody(request: Record<string, unknown>): string {
  return JSON.stringify({
    apiVersion: "admission.k8s.io/v1",
    kind: "AdmissionReview",
    request: {
      uid: "7f0b2891-916f-4ed6-b7cd-27bff1815a8c",
      kind: { group: "", version: "v1", kind: "Service" },
      resource: { group: "", version: "v1", resource: "services" },
      namespace: "shop",
      name: "web",
      operation: "CREATE",
      userInfo: { username: "jane", groups: ["system:authenticated"] },
      options: { kind: "CreateOptions", apiVersion: "meta.k8s.io/v1", fieldManager: "kubectl" },
      dryRun: false,
      ...request,
    },
  });
}

/** A Service as JSON has it. */
export function webService(annotations: Record<string, string> = {}): Service {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "web", namespace: "shop", annotations },
    spec: { type: "ClusterIP", selector: { app: "web" }, ports: [{ name: "http", port: 80 }] },
  };
}
