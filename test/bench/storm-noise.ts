/**
 * Changes slices of Services that take no part, on a fixed schedule until it is ended. Arguments: file of the task, changes
 * a second.
 */
import { readFileSync } from "node:fs";
import { setTimeout as sleep } from "node:timers/promises";
import { createClient } from "../../shared/kube/client.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { endpointSlices } from "../../shared/kube/resources.ts";
import { benchService, benchSlice } from "./objects.ts";
import { NOISE_NAMESPACES, NOISE_WIDTH, type PropagationTask, serviceNames } from "./propagation-task.ts";

const [taskFile = "", rateText = ""] = process.argv.slice(2);
const task = JSON.parse(readFileSync(taskFile, "utf8")) as PropagationTask;
const rate = Number(rateText);
const east = createClient(parsePlainKubeconfig(task.east, "east"), { cluster: "east", userAgent: "bench" });
const targets = serviceNames(NOISE_WIDTH).flatMap((name) =>
  Object.values(NOISE_NAMESPACES).map((namespace) => benchService(namespace, name)),
);

/** Endpoints of a slice, as of those that are carried. */
const SIZE = 10;
const start = performance.now();
for (let i = 0; ; i++) {
  const wait = start + (i * 1000) / rate - performance.now();
  if (wait > 0) await sleep(wait);
  const service = targets[i % targets.length];
  if (!service) throw new Error("there is nothing to change");
  const { namespace = "", name } = service.metadata;
  // Replaced, not patched: 600 a second were answered where 450 patches were not, both seen with nothing else at work.
  east.replace(endpointSlices.one(namespace, name), benchSlice(service, SIZE, i)).catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
}
