/** The two HTTP servers of the sync process: health and metrics for everyone, advice for the webhook on localhost. */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { Advice } from "../shared/advice.ts";
import type { ServiceKey } from "../shared/protocol/snapshot.ts";

export interface HealthSources {
  /** Undefined if well, else what is wrong. */
  health(): string | undefined;
  /** Undefined if ready, else what is missing. */
  readiness(): string | undefined;
  metrics(): Promise<{ contentType: string; text: string }>;
}

/** `/healthz`, `/readyz`, `/metrics`. */
export function createHealthServer(sources: HealthSources): Server {
  return serve((_request, url, response) => {
    switch (url.pathname) {
      case "/healthz":
        return answerProbe(response, sources.health());
      case "/readyz":
        return answerProbe(response, sources.readiness());
      case "/metrics":
        sources.metrics().then(
          ({ contentType, text }) => send(response, 200, contentType, text),
          (error: Error) => send(response, 500, "text/plain", error.message),
        );
        return;
      default:
        send(response, 404, "text/plain", "try /healthz, /readyz or /metrics");
    }
  });
}

/**
 * `GET /advice?namespace=…&name=…`: what this process knows of a Service across clusters; 503 while it knows nothing. An empty name is
 * that of a Service whose name is still to be generated: no cluster has it.
 */
export function createAdviceServer(advise: (key: ServiceKey) => Advice | undefined): Server {
  return serve((request, url, response) => {
    const namespace = url.searchParams.get("namespace");
    const name = url.searchParams.get("name");
    if (request.method !== "GET" || url.pathname !== "/advice" || !namespace || name === null) {
      return send(response, 404, "text/plain", "try GET /advice?namespace=…&name=…");
    }
    const advice = advise({ namespace, name });
    if (!advice) return send(response, 503, "text/plain", "the own cluster is not read yet");
    send(response, 200, "application/json", JSON.stringify(advice));
  });
}

/** What anybody may send as an address is none at times, `//` for one. A listener that throws would end the process. */
function serve(answer: (request: IncomingMessage, url: URL, response: ServerResponse) => void): Server {
  return createServer((request, response) => {
    const url = URL.parse(request.url ?? "/", "http://localhost");
    if (url) answer(request, url, response);
    else send(response, 400, "text/plain", "the request names no path");
  });
}

function answerProbe(response: ServerResponse, problem: string | undefined): void {
  send(response, problem === undefined ? 200 : 503, "text/plain", problem ?? "ok");
}

function send(response: ServerResponse, status: number, contentType: string, text: string): void {
  response.writeHead(status, { "content-type": contentType });
  response.end(text);
}

/** Resolves when the server listens, on all addresses of both families without `host`. Rejects if the port is taken. */
export function listen(server: Server, port: number, host?: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once("error", reject);
    server.listen(port, host, () => {
      server.off("error", reject);
      resolve();
    });
  });
}
