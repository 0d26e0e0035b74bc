/** Makes every server look as if it served `discovery.k8s.io/v1`. */

import { ApiError, classifyError } from "./api-error.ts";
import {
  chooseVersion,
  type DiscoveryVersion,
  jsonPatchToBeta,
  sliceListToV1,
  sliceToBeta,
  sliceToV1,
  V1_PREFIX,
  V1BETA1_PREFIX,
} from "./discovery.ts";
import type { ApiCall, Transport } from "./transport.ts";
import type { WatchEvent } from "./watch-stream.ts";

const GROUP_PATH = "/apis/discovery.k8s.io";

/**
 * A transport that answers calls below `/apis/discovery.k8s.io/v1/` whatever version the server has: it asks for the version
 * at the first such call, and again when a path turns out not to exist (the server was upgraded or replaced).
 * Throws `ApiError` of class `notFound` if the server has neither.
 */
export function translateSlices(transport: Transport): Transport {
  let negotiated: Promise<DiscoveryVersion> | undefined;
  const version = () => {
    negotiated ??= negotiate(transport).catch((error: unknown) => {
      negotiated = undefined;
      throw error;
    });
    return negotiated;
  };
  const withVersion = async <T>(path: string, ask: (version: DiscoveryVersion) => Promise<T>): Promise<T> => {
    if (!path.startsWith(V1_PREFIX)) return ask("v1");
    const used = await version();
    try {
      return await ask(used);
    } catch (error) {
      if (!isUnknownPath(error)) throw error;
      negotiated = undefined;
      const now = await version();
      if (now === used) throw error;
      return ask(now);
    }
  };
  return {
    ...transport,
    send: (call) =>
      withVersion(call.path, (used) => (used === "v1" ? transport.send(call) : sendBeta(transport, call))),
    stream: (call) =>
      withVersion(call.path, (used) => (used === "v1" ? transport.stream(call) : streamBeta(transport, call))),
  };
}

async function negotiate(transport: Transport): Promise<DiscoveryVersion> {
  const group = (await transport.send({ method: "GET", path: GROUP_PATH, deadlineMs: 10_000 })) as {
    versions?: { version: string }[];
  };
  const chosen = chooseVersion((group.versions ?? []).map(({ version }) => version));
  if (chosen !== undefined) return chosen;
  const message = "the server has no EndpointSlice API (Kubernetes 1.17 or later is needed)";
  throw new ApiError({ cluster: transport.cluster, path: GROUP_PATH, status: 404, reason: "NotFound", message });
}

/** A missing object is named in the details; a missing path is not. */
function isUnknownPath(error: unknown): boolean {
  return classifyError(error) === "notFound" && error instanceof ApiError && error.details?.name === undefined;
}

async function sendBeta(transport: Transport, call: ApiCall): Promise<unknown> {
  const answer = await transport.send(callToBeta(call));
  if (typeof answer !== "object" || answer === null) return answer;
  const kind = (answer as { kind?: unknown }).kind;
  if (kind === "EndpointSliceList") return sliceListToV1(answer as Record<string, unknown>);
  // A delete answers with a Status, or with the object where finalizers hold it.
  return kind === "EndpointSlice" ? sliceToV1(answer as Record<string, unknown>) : answer;
}

async function streamBeta(transport: Transport, call: ApiCall): Promise<AsyncIterable<WatchEvent>> {
  return translateEvents(await transport.stream(callToBeta(call)));
}

async function* translateEvents(events: AsyncIterable<WatchEvent>): AsyncGenerator<WatchEvent> {
  for await (const { type, object } of events) {
    yield { type, object: type === "ERROR" ? object : sliceToV1({ ...object }) };
  }
}

function callToBeta(call: ApiCall): ApiCall {
  const path = V1BETA1_PREFIX + call.path.slice(V1_PREFIX.length);
  if (call.body === undefined || call.method === "DELETE") return { ...call, path };
  const body = Array.isArray(call.body) ? jsonPatchToBeta(call.body) : sliceToBeta(call.body as object);
  return { ...call, path, body };
}
