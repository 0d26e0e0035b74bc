/** `kubectl syndicate forget CLUSTER`. */
import { ORDERS_CONFIGMAP, SYSTEM_NAMESPACE } from "../../shared/keys.ts";
import type { KubeClient } from "../../shared/kube/client.ts";
import { getIfExists } from "../../shared/kube/lookup.ts";
import type { EndpointSlice, KubeObject, Service } from "../../shared/kube/objects.ts";
import { configMaps, endpointSlices, services } from "../../shared/kube/resources.ts";
import { FORGET } from "../../shared/orders.ts";
import { readOrders } from "../clusters/identity.ts";
import { type Look, withClusters } from "../clusters/look.ts";
import { describeProblem } from "../clusters/problem.ts";
import type { Session } from "../clusters/session.ts";
import type { Values } from "../command-line.ts";
import { consent } from "../consent.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { findDependents } from "../link/dependents.ts";
import { textOf } from "../options.ts";
import { changeForgotten, type Forgetter, findObjections, findUntold } from "./orders.ts";

/** Tells every cluster that another one is gone for good, or back again; exit 4 if it is not gone or not all can be told. */
export async function runForget(values: Values, io: Io): Promise<ExitCode> {
  const word = textOf(values, "peer") ?? "";
  const undo = values["undo"] === true;
  return withClusters(values, io, async (look) => {
    const gone = look.sessions.find(({ status }) => [status.name, status.context].includes(word));
    // Others know it by its name, whatever the context is called.
    const cluster = gone?.identity ? gone.status.name : word;
    const others = look.sessions.filter((session) => session !== gone);
    // One that does not answer may be the very cluster: only the names that the others know tell who is missing.
    const here = others.filter(({ access, status }) => access && status.reachable);
    const silent = others.filter((session) => !here.includes(session));
    tell(io, ...silent.map(({ status }) => `context ${status.context} is not told: ${status.problem}`));
    const forgetters = await Promise.all(here.map((session) => inspect(session, cluster, look)));
    const refused = undo ? undefined : await approve(cluster, forgetters, gone?.identity !== undefined, values, io);
    if (refused !== undefined) return refused;
    const untold = findUntold(cluster, forgetters);
    tell(io, ...untold.map((name) => `${name}: not told, it was not reached`));
    let failed = untold.length > 0;
    for (const session of here) failed = !(await tellCluster(session, cluster, undo, look, io)) || failed;
    return failed ? EXIT.error : EXIT.done;
  });
}

async function approve(
  cluster: string,
  forgetters: readonly Forgetter[],
  answers: boolean,
  values: Values,
  io: Io,
): Promise<ExitCode | undefined> {
  for (const { name, dependents } of forgetters) {
    tell(io, ...dependents.map(({ service, because }) => `  ${name}: ${service} ${because}`));
  }
  const objections = findObjections(cluster, forgetters, answers);
  if (objections.length && !values["force"]) {
    throw new CliError(`refused, nothing was written: ${objections.join("; ")}`, {
      code: EXIT.refused,
      next: "the same with --contexts of all that are to be told, or with --force",
    });
  }
  const count = forgetters.reduce((sum, { dependents }) => sum + dependents.length, 0);
  const names = forgetters.map(({ name }) => name).join(", ");
  const what = `${names} will count ${cluster} as gone: its endpoints are removed, ${count} Service(s) above depend on it`;
  if (textOf(values, "dry-run") !== "none") {
    io.stdout.write(`${what}; nothing was sent\n`);
    return EXIT.done;
  }
  return consent(cluster, what, values["yes"] === true, io);
}

async function inspect({ access, status, identity }: Session, cluster: string, { call }: Look): Promise<Forgetter> {
  if (!access) throw new Error("only clusters that answer are asked");
  const [serviceList, sliceList, orders] = await Promise.all([
    access.client.list<Service>(services.all, call),
    access.client.list<EndpointSlice>(endpointSlices.all, call),
    readOrders(access.client, status.name, call),
  ]);
  return {
    name: status.name,
    dependents: findDependents(cluster, serviceList.items, sliceList.items),
    peers: identity?.peers ?? [],
    forgotten: [...orders.forgotten],
  };
}

/** False if the cluster could not be told. */
async function tellCluster(
  { access, status }: Session,
  cluster: string,
  undo: boolean,
  { options }: Look,
  io: Io,
): Promise<boolean> {
  try {
    if (!access) throw new CliError(status.problem ?? "not reachable");
    const changed = await writeOrder(access.client, cluster, undo, { deadlineMs: options.deadlineMs });
    io.stdout.write(
      `${status.name}: ${changed ? (undo ? `${cluster} counts again` : `${cluster} is forgotten`) : "unchanged"}\n`,
    );
    return true;
  } catch (error) {
    tell(io, `${status.name}: not told: ${describeProblem(error)} (context ${status.context})`);
    return false;
  }
}

type Orders = KubeObject & { data?: Record<string, string> };

async function writeOrder(
  client: KubeClient,
  cluster: string,
  undo: boolean,
  call: { deadlineMs: number },
): Promise<boolean> {
  const path = configMaps.one(SYSTEM_NAMESPACE, ORDERS_CONFIGMAP);
  const existing = await getIfExists<Orders>(client, path, call);
  const text = changeForgotten(existing?.data?.[FORGET], cluster, undo);
  if (text === undefined) return false;
  if (existing) {
    const metadata = { resourceVersion: existing.metadata.resourceVersion };
    await client.patch(path, { metadata, data: { [FORGET]: text === "" ? null : text } }, "merge", call);
    return true;
  }
  const labels = { "app.kubernetes.io/name": "syndicate" };
  const metadata = { name: ORDERS_CONFIGMAP, namespace: SYSTEM_NAMESPACE, labels };
  await client.create(
    configMaps.in(SYSTEM_NAMESPACE),
    { apiVersion: "v1", kind: "ConfigMap", metadata, data: { [FORGET]: text } },
    call,
  );
  return true;
}
