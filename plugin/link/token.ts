/** Tokens of the reading account in a peer. */
import { randomBytes } from "node:crypto";
import { PEER_ACCOUNT, SYSTEM_NAMESPACE, TOKEN_OF } from "../../shared/keys.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import { type Clock, sleep } from "../../shared/kube/clock.ts";
import { removeIfExists } from "../../shared/kube/lookup.ts";
import type { KubeObject } from "../../shared/kube/objects.ts";
import { secrets } from "../../shared/kube/resources.ts";
import { CliError } from "../exit.ts";
import type { Secret } from "./peers-secret.ts";

/** How tokens are made, and by whom they will be used. */
export interface TokenWish {
  kind: "secret" | "request";
  /** Name of the cluster that will read. */
  reader: string;
  /** Seconds; `request` only. */
  seconds: number;
}

export interface Token {
  text: string;
  /** Name of the Secret it is in; undefined for one of the TokenRequest API. */
  secret?: string;
}

const WAIT_MS = 20_000;
const LOOK_EVERY_MS = 200;

/** Makes a token; that of a Secret is written by Kubernetes a moment later. Rejects with `ApiError` or `CliError`. */
export async function makeToken(
  client: KubeClient,
  wish: TokenWish,
  limits: { deadlineMs: number; clock: Clock; signal: AbortSignal },
): Promise<Token> {
  const call = { deadlineMs: limits.deadlineMs };
  if (wish.kind === "request") return { text: await requestToken(client, wish.seconds, call) };
  const name = `${PEER_ACCOUNT}-${wish.reader}-${randomBytes(3).toString("hex")}`;
  const metadata = {
    name,
    namespace: SYSTEM_NAMESPACE,
    labels: { "app.kubernetes.io/name": "syndicate", [TOKEN_OF]: wish.reader },
    annotations: { "kubernetes.io/service-account.name": PEER_ACCOUNT },
  };
  const body = { apiVersion: "v1", kind: "Secret", metadata, type: "kubernetes.io/service-account-token" };
  await client.create(secrets.in(SYSTEM_NAMESPACE), body, call);
  const until = limits.clock.now() + WAIT_MS;
  for (;;) {
    const { data } = await client.get<Secret>(secrets.one(SYSTEM_NAMESPACE, name), call);
    const token = data?.["token"];
    if (token) return { text: Buffer.from(token, "base64").toString("utf8"), secret: name };
    if (limits.clock.now() >= until || limits.signal.aborted) {
      await client.remove(secrets.one(SYSTEM_NAMESPACE, name), {}, call);
      throw new CliError(`Kubernetes wrote no token into Secret ${SYSTEM_NAMESPACE}/${name}; it was removed again`, {
        next: "the same command with --credential=request",
      });
    }
    await sleep(limits.clock, LOOK_EVERY_MS, limits.signal);
  }
}

async function requestToken(client: KubeClient, seconds: number, call: { deadlineMs: number }): Promise<string> {
  const path = `/api/v1/namespaces/${SYSTEM_NAMESPACE}/serviceaccounts/${PEER_ACCOUNT}/token`;
  const body = {
    apiVersion: "authentication.k8s.io/v1",
    kind: "TokenRequest",
    metadata: { name: PEER_ACCOUNT },
    spec: { expirationSeconds: seconds },
  };
  const answer = await client.create<KubeObject & { status?: { token?: string } }>(path, body, call);
  if (!answer.status?.token) throw new CliError("the API server gave no token");
  return answer.status.token;
}

/** Names of the Secrets with tokens for a reader. Rejects with `ApiError`. */
export async function listTokens(client: KubeClient, reader: string, call: { deadlineMs: number }): Promise<string[]> {
  const { items } = await client.list<Secret>(secrets.in(SYSTEM_NAMESPACE), {
    ...call,
    labelSelector: `${TOKEN_OF}=${reader}`,
  });
  return items.map(({ metadata }) => metadata.name);
}

/** Ends tokens at once: Kubernetes refuses one whose Secret is gone. Rejects with `ApiError`. */
export async function endTokens(
  client: KubeClient,
  names: readonly string[],
  call: { deadlineMs: number },
): Promise<void> {
  for (const name of names) await removeIfExists(client, secrets.one(SYSTEM_NAMESPACE, name), {}, call);
}
