/** `kubectl syndicate uninstall`. */
import { MANAGED_BY, OUR_MANAGER, SHADOW_OF } from "../../shared/keys.ts";
import { sleep } from "../../shared/kube/clock.ts";
import type { EndpointSlice, Service } from "../../shared/kube/objects.ts";
import { endpointSlices, services } from "../../shared/kube/resources.ts";
import { readHeartbeat } from "../clusters/identity.ts";
import { type Aim, withTarget } from "../clusters/look.ts";
import type { Values } from "../command-line.ts";
import { consent } from "../consent.ts";
import { formatDuration } from "../duration.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { type Manifest, pathOf, renderManifests } from "../install/manifests.ts";
import { type Io, tell } from "../io.ts";
import { findDependents } from "../link/dependents.ts";
import { countPods } from "../migrate/inquire.ts";
import { textOf } from "../options.ts";
import { choosePaint } from "../render/paint.ts";
import { giveBack, type Hands, removeOne, stopped } from "./giving-back.ts";
import { listGuards } from "./guards.ts";
import { findObstacles, type Handover, listHandovers, serviceId } from "./handover.ts";
import { renderHandovers } from "./rendering.ts";

/** Gives every Service back, then removes what was installed; exit 4 if requests would be lost. */
export async function runUninstall(values: Values, io: Io): Promise<ExitCode> {
  return withTarget(values, io, textOf(values, "contexts"), async (aim) => {
    const { status } = aim.target;
    const force = values["force"] === true;
    const { handovers, obstacles } = await inspect(aim);
    tell(io, `Remove syndicate from ${status.name}: context ${status.context}, ${status.server}`);
    tell(io, ...renderHandovers(handovers, obstacles, choosePaint(io, io.stderr, aim.options.color)));
    if (obstacles.length && !force) {
      throw new CliError(`refused, nothing was written: ${obstacles.length} obstacle(s), see above`, {
        code: EXIT.refused,
        next: "migrate these Services, or set singular on them where they shall stay; or --force",
      });
    }
    if (textOf(values, "dry-run") !== "none") {
      io.stdout.write(`${handovers.length} Services would be given back; nothing was sent\n`);
      return EXIT.done;
    }
    const what = `${handovers.length} Services are given back to Kubernetes, and syndicate is removed from ${status.name}`;
    const refused = await consent(status.name, what, values["yes"] === true, io);
    if (refused !== undefined) return refused;
    await carryOut(handovers, aim, !force, io);
    return EXIT.done;
  });
}

async function inspect(aim: Aim): Promise<{ handovers: Handover[]; obstacles: string[] }> {
  const { client, call, others, target } = aim;
  const [serviceList, sliceList] = await Promise.all([
    client.list<Service>(services.all, call),
    client.list<EndpointSlice>(endpointSlices.all, call),
  ]);
  const handovers = listHandovers(serviceList.items, sliceList.items);
  const readyPods = new Map<string, number | undefined>();
  for (const { service, selector } of handovers) {
    if (!selector) continue;
    const pods = await countPods(aim.target, service.metadata.namespace ?? "", selector, call);
    readyPods.set(serviceId(service), pods?.ready);
  }
  const dependents = await Promise.all(others.map((other) => findDependentsIn(other, target.status.name, aim)));
  return { handovers, obstacles: findObstacles(handovers, readyPods, dependents.flat()) };
}

async function findDependentsIn({ status, access }: Aim["target"], own: string, { call }: Aim): Promise<string[]> {
  if (!access || !status.reachable) {
    return [`${status.name} cannot be asked whether its Services depend on this cluster: ${status.problem}`];
  }
  const [serviceList, sliceList] = await Promise.all([
    access.client.list<Service>(services.all, call),
    access.client.list<EndpointSlice>(endpointSlices.all, call),
  ]);
  const found = findDependents(own, serviceList.items, sliceList.items);
  return found.map(({ service, because }) => `${status.name} depends on this cluster: ${service} ${because}`);
}

const POLICY_KIND = "ValidatingAdmissionPolicy";
/** API servers look for changed policies once a second: till then they refuse by one that is gone. */
const POLICY_MS = 2_000;

async function carryOut(
  handovers: readonly Handover[],
  { client, options }: Aim,
  insist: boolean,
  io: Io,
): Promise<void> {
  const { deadlineMs } = options;
  const hands: Hands = { client, clock: io.clock, signal: io.signal, deadlineMs, insist };
  const installed = renderManifests({ settings: {}, webhook: "ignore", createNamespaces: true });
  const remove = async (objects: readonly Manifest[]) => {
    for (const object of objects) {
      if (!(await removeOne(client, pathOf(object), deadlineMs))) continue;
      io.stdout.write(`${object.kind.toLowerCase()}/${object.metadata.name} deleted\n`);
      if (object.kind === POLICY_KIND) await sleep(io.clock, POLICY_MS, io.signal);
    }
  };
  await remove(listGuards(installed));
  await waitForSilence(hands, io);
  for (const handover of handovers) {
    if (io.signal.aborted) throw stopped(io.signal);
    await giveBack(handover, hands);
    io.stdout.write(
      `service/${handover.service.metadata.name} in ${handover.service.metadata.namespace}: given back\n`,
    );
  }
  await removeLeftovers(hands);
  // The namespace takes everything in it along.
  await remove(installed.filter(({ metadata, kind }) => metadata.namespace === undefined && kind !== "Namespace"));
  await remove(installed.filter(({ kind }) => kind === "Namespace"));
}

/** Longer than a sync process takes to end, and than its Lease lasts if it ends badly. */
const SILENCE_MS = 60_000;
/** Of an unchanged Lease, longer than its holder may be silent. */
const QUIET_MS = 20_000;
const LOOK_EVERY_MS = 1_000;

/** Waits until no sync process is at work. Rejects with `CliError` if one goes on. */
async function waitForSilence({ client, clock, signal, deadlineMs }: Hands, io: Io): Promise<void> {
  const until = clock.now() + SILENCE_MS;
  let last: { renewed: string; since: number } | undefined;
  for (;;) {
    const heartbeat = await readHeartbeat(client, { deadlineMs });
    if (!heartbeat) return;
    if (heartbeat.renewed !== last?.renewed) last = { renewed: heartbeat.renewed, since: clock.now() };
    else if (clock.now() - last.since >= QUIET_MS) return;
    if (signal.aborted) throw stopped(signal);
    if (clock.now() >= until) {
      throw new CliError(
        `a sync process is still at work (${heartbeat.holder} holds the Lease); no Service was touched; waited ${formatDuration(SILENCE_MS)}`,
        { next: "kubectl get pods -n syndicate-system" },
      );
    }
    if (last.since === clock.now()) tell(io, `waiting for ${heartbeat.holder} to end`);
    await sleep(clock, LOOK_EVERY_MS, signal);
  }
}

/** Copies and shadows whose Service is gone. */
async function removeLeftovers({ client, deadlineMs }: Hands): Promise<void> {
  const slices = await client.list<EndpointSlice>(endpointSlices.all, {
    deadlineMs,
    labelSelector: `${MANAGED_BY}=${OUR_MANAGER}`,
  });
  for (const { metadata } of slices.items) {
    await removeOne(client, endpointSlices.one(metadata.namespace ?? "", metadata.name), deadlineMs);
  }
  const shadows = await client.list<Service>(services.all, { deadlineMs, labelSelector: SHADOW_OF });
  for (const { metadata } of shadows.items) {
    await removeOne(client, services.one(metadata.namespace ?? "", metadata.name), deadlineMs);
  }
}
