/**
 * Changes slices of Services that take no part, on a fixed schedule until it is told to end; then it says how many changes it made.
 * Arguments: file of the task, changes a second. Of two writes to one object at a time the server would have to repeat one,
 * and once it is late with one it would be late with ever more: an object whose write is under way is passed over.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { Agent } from "undici";
import { sliceToBeta } from "../../shared/kube/discovery.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { benchService, benchSlice } from "./objects.ts";
import { NOISE_NAMESPACES, NOISE_WIDTH, type PropagationTask, serviceNames } from "./propagation-task.ts";

/** Endpoints of a slice. Few: what noise costs the API server, it costs on the cores that everything runs on here. */
const SIZE = 1;
/** Connections, and so writes under way at a time. */
const CONNECTIONS = 32;

const [taskFile = "", rateText = ""] = process.argv.slice(2);
const task = JSON.parse(readFileSync(taskFile, "utf8")) as PropagationTask;
const rate = Number(rateText);
const { server, caData, cert, key } = parsePlainKubeconfig(task.east, "east");
const tls = { ...(caData ? { ca: caData } : {}), ...(cert ? { cert } : {}), ...(key ? { key } : {}) };
const agent = new Agent({ allowH2: false, connections: CONNECTIONS, connect: tls });

interface Target {
  path: string;
  /** Two contents in turn, written down once: making them is not what the cores are for. */
  bodies: [string, string];
  isBusy: boolean;
}

const targets = serviceNames(NOISE_WIDTH).flatMap((name) =>
  Object.values(NOISE_NAMESPACES).map((namespace): Target => {
    const service = benchService(namespace, name);
    const body = (first: number) => {
      const slice = benchSlice(service, SIZE, first);
      return JSON.stringify(task.api.endsWith("/v1") ? slice : sliceToBeta(slice));
    };
    return {
      path: `${task.api}/namespaces/${namespace}/endpointslices/${name}`,
      bodies: [body(0), body(1)],
      isBusy: false,
    };
  }),
);

let made = 0;
let failed = 0;

async function change(target: Target): Promise<void> {
  target.isBusy = true;
  target.bodies.reverse();
  const headers = { accept: "application/json", "content-type": "application/json" };
  const [body] = target.bodies;
  const { statusCode, body: answer } = await agent.request({
    origin: server,
    path: target.path,
    method: "PUT",
    headers,
    body,
  });
  await answer.dump();
  target.isBusy = false;
  if (statusCode === 200) made += 1;
  else failed += 1;
}

process.once("message", () => {
  process.send?.({ made, failed, seconds: (performance.now() - start) / 1000 }, () => process.exit(0));
});

const start = performance.now();
for (let i = 0, at = 0; ; i++) {
  const wait = start + (i * 1000) / rate - performance.now();
  if (wait > 0) await sleep(wait);
  for (let tried = 0; tried < targets.length && targets[at]?.isBusy; tried++) at = (at + 1) % targets.length;
  const target = targets[at];
  at = (at + 1) % targets.length;
  if (!target || target.isBusy) continue;
  change(target).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
