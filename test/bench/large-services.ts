/** What one change of one endpoint costs in writes, for Services of any size: told by a watcher of the written objects. */
import { setTimeout as sleep } from "node:timers/promises";
import type { KubeClient } from "../../shared/kube/client.ts";
import { endpointSlices, endpoints, services } from "../../shared/kube/resources.ts";
import { waitFor } from "../e2e/waiting.ts";
import type { LabCluster } from "../lab/lab.ts";
import { benchService, benchSlice, connectBench, numberedAddress } from "./objects.ts";
import { makeRow, type Row } from "./row.ts";

const SIZES = [10, 100, 1_000, 5_000];
/** What Kubernetes puts into a slice by default (kube-controller-manager `--max-endpoints-per-slice`). */
const PER_SLICE = 100;
/** By then everything that follows from one change is written, Endpoints included. */
const REST_MS = 2_500;

interface Written {
  kind: "slices" | "endpoints";
  service: string;
  bytes: number;
}

/** Services of several sizes in `namespace` of east; changes one endpoint of each and counts what is written in west. */
export async function measureLargeServices(
  east: LabCluster,
  west: LabCluster,
  namespace: string,
  tell: (line: string) => void,
): Promise<Row[]> {
  const [source, target] = [connectBench(east), connectBench(west)];
  const ended = new AbortController();
  const seen: Written[] = [];
  try {
    for (const size of SIZES) await createLarge(source, namespace, size);
    for (const size of SIZES) await waitCopied(target, namespace, size);
    await sleep(REST_MS);
    const watches = [watch(target, namespace, "slices", seen, ended.signal)];
    watches.push(watch(target, namespace, "endpoints", seen, ended.signal));
    await Promise.all(watches);
    for (const size of SIZES) await changeOne(source, namespace, size);
    await sleep(REST_MS);
  } finally {
    ended.abort();
    await Promise.all([source.close(), target.close()]);
  }
  for (const { kind, service, bytes } of seen) tell(`one change of ${service}: ${kind}, ${bytes} bytes`);
  return judge(seen);
}

function nameOf(size: number): string {
  return `large-${size}`;
}

async function createLarge(client: KubeClient, namespace: string, size: number): Promise<void> {
  const service = benchService(namespace, nameOf(size));
  await client.create(services.in(namespace), service);
  for (let first = 0; first < size; first += PER_SLICE) {
    const slice = benchSlice(service, Math.min(PER_SLICE, size - first), first, `${nameOf(size)}-${first / PER_SLICE}`);
    await client.create(endpointSlices.in(namespace), slice);
  }
}

async function waitCopied(client: KubeClient, namespace: string, size: number): Promise<void> {
  const labelSelector = `kubernetes.io/service-name=${nameOf(size)}`;
  await waitFor(`copies of ${nameOf(size)}`, async () => {
    const { items } = await client.list(endpointSlices.in(namespace), { labelSelector });
    return items.length * PER_SLICE >= size ? { done: undefined } : { seen: `${items.length} slices` };
  });
}

/** Notes every write of this kind from now on; returns once the watch is open. */
async function watch(client: KubeClient, namespace: string, kind: Written["kind"], seen: Written[], end: AbortSignal) {
  const collection = (kind === "slices" ? endpointSlices : endpoints).in(namespace);
  const { resourceVersion } = await client.list(collection);
  const events = await client.stream(`${collection}?watch=true&resourceVersion=${resourceVersion}`, end);
  const note = async () => {
    for await (const { type, object } of events) {
      if (type === "BOOKMARK") continue;
      const { managedFields: _managedFields, ...metadata } = object.metadata;
      const bytes = Buffer.byteLength(JSON.stringify({ ...object, metadata }));
      const service = metadata.labels?.["kubernetes.io/service-name"] ?? metadata.name;
      seen.push({ kind, service, bytes });
    }
  };
  note().catch((error: unknown) => {
    if (!end.aborted) throw error;
  });
}

/** Another address for the first endpoint of the Service's last slice. */
async function changeOne(client: KubeClient, namespace: string, size: number): Promise<void> {
  const first = Math.floor((size - 1) / PER_SLICE) * PER_SLICE;
  const path = endpointSlices.one(namespace, `${nameOf(size)}-${first / PER_SLICE}`);
  const { endpoints: changed } = benchSlice(benchService(namespace, nameOf(size)), Math.min(PER_SLICE, size), first);
  if (changed?.[0]) changed[0].addresses = [numberedAddress(100_000)];
  await client.patch(path, { endpoints: changed }, "merge");
}

function judge(seen: readonly Written[]): Row[] {
  const of = (size: number, kind: Written["kind"]) =>
    seen.filter((written) => written.service === nameOf(size) && written.kind === kind);
  const sum = (written: readonly Written[]) => written.reduce((total, { bytes }) => total + bytes, 0);
  const [least = 0, slice = 0] = [10, 100].map((size) => sum(of(size, "slices")));
  const rows = SIZES.map((size) => {
    const value = sum(of(size, "slices"));
    const name = `one change among ${size} endpoints, slices written`;
    // "The same, give or take one slice": what the smallest Service costs and one full slice more.
    return makeRow({ name, unit: "bytes", value, atMost: { value: least + slice } });
  });
  const writes = SIZES.map((size) => of(size, "slices").length);
  const name = "one change of one endpoint, slice writes for any size";
  const once = makeRow({ name, unit: "writes", value: Math.max(...writes), atMost: { value: 1 } });
  const whole = Math.max(...SIZES.map((size) => sum(of(size, "endpoints"))));
  const late = makeRow({
    name: "the Endpoints object of at most 1,000 addresses, once at rest",
    unit: "bytes",
    value: whole,
  });
  return [...rows, writes.includes(0) ? { ...once, ok: false } : once, late];
}
