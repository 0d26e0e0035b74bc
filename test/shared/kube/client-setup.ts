import assert from "node:assert/strict";
import { after } from "node:test";
import { ApiError } from "../../../shared/kube/api-error.ts";
import { type ClientOptions, createClient, type KubeClient } from "../../../shared/kube/client.ts";
import type { ClusterCredentials } from "../../../shared/kube/credentials.ts";
import { services } from "../../../shared/kube/resources.ts";
import { type Handler, type SeenRequest, sendJson, startTinyServer, type TinyServer } from "./tiny-server.ts";

/** What is to be closed when the tests of the file are done, last first. */
export const closers: (() => Promise<void>)[] = [];
after(async () => {
  for (const close of closers.reverse()) await close();
});

/** Path of the Service the tests ask for. */
export const cart = services.one("shop", "cart");

/** A client and a server that answers every request with `{}` unless told otherwise. */
export async function setUp(
  handler: Handler = (_request, response) => sendJson(response, {}),
  options: Partial<ClientOptions> = {},
  credentials: Partial<ClusterCredentials> = {},
): Promise<{ server: TinyServer; client: KubeClient; last(): SeenRequest }> {
  const server = await startTinyServer(handler);
  const client = createClient({ server: server.url, podCIDRs: [], ...credentials }, { cluster: "east", ...options });
  closers.push(
    () => server.close(),
    () => client.close(),
  );
  const last = () => server.requests.at(-1) ?? assert.fail("no request");
  return { server, client, last };
}

/** The `ApiError` a call ends with. */
export async function failure(call: Promise<unknown>): Promise<ApiError> {
  const error = await call.then(
    () => assert.fail("no error"),
    (reason: unknown) => reason,
  );
  assert.ok(error instanceof ApiError, String(error));
  return error;
}
