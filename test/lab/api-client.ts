import { Agent, request } from "node:https";
import type { Credential } from "./certificates.ts";

/** Where an API server is and who calls it. */
export interface ApiTarget {
  /** https URL without a path. */
  server: string;
  /** Certificate authority, PEM. */
  ca: string;
  user: Credential;
}

/** An answer of the API server; `body` is parsed JSON, or text where it is not JSON. */
export interface ApiResponse {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: raw Kubernetes objects; the callers know which
  body: any;
}

/** Sends one request; the content type defaults to JSON, and to a merge patch for PATCH. */
export type ApiRequest = (method: string, path: string, body?: unknown, contentType?: string) => Promise<ApiResponse>;

function parseBody(text: string, contentType: string | undefined): unknown {
  return contentType?.includes("json") ? JSON.parse(text) : text;
}

/**
 * A minimal client for an API server: raw JSON in and out, any HTTP status is a result. The returned function rejects on a
 * connection error and after 30 s without an answer.
 */
export function connectApi(target: ApiTarget): ApiRequest {
  const agent = new Agent({ keepAlive: true, ca: target.ca, cert: target.user.cert, key: target.user.key });
  return (method, path, body, contentType) =>
    new Promise((resolve, reject) => {
      const type = contentType ?? (method === "PATCH" ? "application/merge-patch+json" : "application/json");
      const payload = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
      // Without a length Node sends a DELETE's body unannounced, and the server takes it for the next request.
      const length = Buffer.byteLength(payload ?? "");
      const headers = payload === undefined ? {} : { "content-type": type, "content-length": length };
      const call = request(new URL(path, target.server), { method, agent, headers, timeout: 30_000 }, (response) => {
        const chunks: Buffer[] = [];
        response.on("data", (chunk: Buffer) => chunks.push(chunk));
        response.on("error", reject);
        response.on("end", () => {
          const text = Buffer.concat(chunks).toString("utf8");
          resolve({
            status: response.statusCode ?? 0,
            body: parseBody(text, response.headers["content-type"]),
          });
        });
      });
      call.on("timeout", () => call.destroy(new Error(`${method} ${path}: no answer in 30 s`)));
      call.on("error", reject);
      call.end(payload);
    });
}

/** Like the request, but throws on a status of 400 or more, unless it is among the allowed ones. Returns the body. */
export async function callOrThrow(
  call: ApiRequest,
  method: string,
  path: string,
  body?: unknown,
  allowed: number[] = [],
): Promise<ApiResponse["body"]> {
  const answer = await call(method, path, body);
  if (answer.status < 400 || allowed.includes(answer.status)) return answer.body;
  throw new Error(`${method} ${path}: ${answer.status} ${JSON.stringify(answer.body?.message ?? answer.body)}`);
}
