/** Webhook processes on the loopback, and a caller that pools its connections as an API server does. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { fileURLToPath } from "node:url";
import { buildConnector, Pool } from "undici";
import { reviewBody, webService } from "../webhook/served-app.ts";
import { waitFor } from "./waiting.ts";

const MAIN = fileURLToPath(new URL("../../webhook/main.ts", import.meta.url));
/** API servers drop a connection that was idle this long. */
export const POOL_IDLE_MS = 90_000;

/** A running webhook. */
export interface Replica {
  port: number;
  process: ChildProcess;
  /** Resolves with the exit code. */
  exited: Promise<number | null>;
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, "close");
  return port;
}

/** Starts a webhook on a free port with the certificate in `folder`; resolves when it is ready. */
export async function startReplica(folder: string, ca: string): Promise<Replica> {
  const port = await freePort();
  const args = [
    MAIN,
    "--cluster-name=a",
    `--port=${port}`,
    "--sync-port=1",
    `--cert-dir=${folder}`,
    "--log-level=warn",
  ];
  const child = spawn(process.execPath, args, { stdio: ["ignore", "inherit", "inherit"] });
  const exited = once(child, "exit").then(([code]) => code as number | null);
  const probe = createCaller(() => port, ca);
  await waitFor(`the webhook on port ${port}`, async () => {
    const answer = await probe.get("/readyz").catch((error: Error) => error.message);
    return answer === 200 ? { done: undefined } : { seen: String(answer) };
  });
  await probe.close();
  return { port, process: child, exited };
}

/** Calls over kept HTTP/1.1 connections, as many as there are calls in flight. */
export interface Caller {
  /** Sends a review. Rejects on a broken connection or any answer but a good one. */
  review(): Promise<void>;
  /** Status of a GET. */
  get(path: string): Promise<number>;
  close(): Promise<void>;
}

/** A caller each of whose new connections goes to the port that `choose` names then, as through a Service. */
export function createCaller(choose: () => number, ca: string): Caller {
  const connect = buildConnector({ ca, allowH2: false });
  const pool = new Pool("https://127.0.0.1:443", {
    connect: (options, done) => connect({ ...options, port: String(choose()) }, done),
    pipelining: 1,
    keepAliveTimeout: POOL_IDLE_MS,
    keepAliveMaxTimeout: POOL_IDLE_MS,
  });
  const body = reviewBody({ operation: "UPDATE", object: webService(), oldObject: webService() });
  const headers = { "content-type": "application/json" };
  return {
    async review() {
      const answer = await pool.request({ path: "/validate", method: "POST", headers, body });
      const { response } = (await answer.body.json()) as { response: { allowed: boolean } };
      if (answer.statusCode !== 200 || !response.allowed) throw new Error(`status ${answer.statusCode}`);
    },
    async get(path) {
      const { statusCode, body: text } = await pool.request({ path, method: "GET" });
      await text.dump();
      return statusCode;
    },
    close: () => pool.close(),
  };
}
