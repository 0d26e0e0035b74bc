/** Asks the sync process what it knows of a Service in all clusters. Admission never waits long for it. */

import { request } from "undici";
import * as v from "valibot";
import type { Advice } from "../shared/advice.ts";
import { IntentSchema } from "../shared/intent.ts";
import { MODES } from "../shared/mode.ts";

/** Time for the whole answer, in milliseconds; API servers give webhooks 10 s by default, our manifests less. */
export const ADVICE_DEADLINE_MS = 500;

/** Largest answer read, in bytes: some hundred clusters with a hundred ports each. */
const MAX_ANSWER_BYTES = 1024 * 1024;

export type AskAdvice = (namespace: string, name: string) => Promise<Advice | "unavailable">;

export interface AdviceSource {
  /** Port of the sync process on localhost. */
  port: number;
  /** Name of this cluster; an answer in another name is a wiring mistake and not believed. */
  cluster: string;
  /** Default `ADVICE_DEADLINE_MS`. */
  deadlineMs?: number;
  /** Told why there was no usable answer. */
  onFailure?: (reason: string) => void;
}

const PortSchema = v.object({
  name: v.exactOptional(v.string()),
  protocol: v.exactOptional(v.string()),
  appProtocol: v.exactOptional(v.string()),
  port: v.number(),
  targetPort: v.exactOptional(v.union([v.number(), v.string()])),
  nodePort: v.exactOptional(v.number()),
});

const AdviceSchema = v.object({
  cluster: v.string(),
  latest: v.exactOptional(IntentSchema),
  awaited: v.exactOptional(v.array(v.string())),
  clusters: v.array(
    v.object({
      name: v.string(),
      readable: v.boolean(),
      service: v.picklist(["none", "own", "replica"]),
      mode: v.exactOptional(v.picklist(MODES)),
      ready: v.number(),
      ports: v.array(PortSchema),
    }),
  ),
});

/** A function that asks `GET /advice`; it never throws, whatever goes wrong is `unavailable`. */
export function createAdviceClient({ port, cluster, deadlineMs, onFailure }: AdviceSource): AskAdvice {
  return async (namespace, name) => {
    const query = new URLSearchParams({ namespace, name });
    try {
      const { statusCode, body } = await request(`http://127.0.0.1:${port}/advice?${query}`, {
        signal: AbortSignal.timeout(deadlineMs ?? ADVICE_DEADLINE_MS),
        // A connection of its own: a kept one may be closed by the other side in the moment it is used.
        reset: true,
      });
      const text = await readText(body);
      if (statusCode !== 200) throw new Error(`status ${statusCode}`);
      const advice = v.parse(AdviceSchema, JSON.parse(text));
      if (advice.cluster !== cluster) throw new Error(`it answers for cluster ${advice.cluster.slice(0, 63)}`);
      return advice;
    } catch (error) {
      onFailure?.((error instanceof Error ? error.message : String(error)).slice(0, 200));
      return "unavailable";
    }
  };
}

/** The body as text. Throws beyond `MAX_ANSWER_BYTES`. */
async function readText(body: AsyncIterable<Uint8Array>): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.byteLength;
    if (size > MAX_ANSWER_BYTES) throw new Error(`answer larger than ${MAX_ANSWER_BYTES} bytes`);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString("utf8");
}
