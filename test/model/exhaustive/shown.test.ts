import assert from "node:assert/strict";
import { it } from "node:test";
import type { Service } from "../../../shared/kube/objects.ts";
import { adviseOn } from "../../../shared/protocol/advise.ts";
import { planService } from "../../../shared/protocol/plan.ts";
import { ownView, peerViews, type Snapshot } from "../../../shared/protocol/snapshot.ts";
import { Exploration } from "./exploration.ts";
import { canonicalText } from "./objects.ts";
import { showService } from "./shown.ts";
import { APART, SERVED, type Start } from "./starts.ts";

// What is shown of a peer must be all that is read of it.

const rows: { start: Start; commands: number }[] = [
  { start: SERVED, commands: 2 },
  { start: APART, commands: 1 },
];

for (const { start, commands } of rows) {
  it(`no plan and no advice tells a peer's Service from what is shown of it: ${start.name}`, () => {
    const snapshots = gather(start, commands);
    const real = servicesByShown(snapshots);
    let compared = 0;
    for (const snapshot of snapshots) {
      const [peer] = peerViews(snapshot);
      for (const service of (peer?.service && real.get(peer.name + textOf(peer.service))) ?? []) {
        const clusters = new Map(snapshot.clusters).set(peer?.name ?? "", { ...peer, service } as typeof peer & object);
        assert.deepEqual(planService({ ...snapshot, clusters }), planService(snapshot));
        assert.deepEqual(adviceThatCounts({ ...snapshot, clusters }), adviceThatCounts(snapshot));
        compared += 1;
      }
    }
    assert.ok(compared > 0, `${compared} compared`);
  });
}

/** Every snapshot that is planned when so many commands race. */
function gather(start: Start, commands: number): Snapshot[] {
  const snapshots: Snapshot[] = [];
  const decide = (snapshot: Snapshot) => {
    snapshots.push(snapshot);
    return planService(snapshot);
  };
  new Exploration({ start, bound: { commands, podChanges: 0, faults: 0, events: commands, lag: 0 }, decide }).run();
  return snapshots;
}

/** Services as they are, which is how their own cluster sees them, by cluster and what is shown of them, if that differs. */
function servicesByShown(snapshots: readonly Snapshot[]): Map<string, Set<Service>> {
  const found = new Map<string, Set<Service>>();
  for (const snapshot of snapshots) {
    const { name, service } = ownView(snapshot);
    const shown = service && textOf(showService(service));
    if (!service || shown === undefined || shown === textOf(service)) continue;
    found.set(name + shown, (found.get(name + shown) ?? new Set()).add(service));
  }
  return found;
}

/** The content alone: a version is the number of one. */
function textOf(service: Service): string {
  const { resourceVersion: _version, ...metadata } = service.metadata;
  return canonicalText({ ...service, metadata });
}

/** Of the modes of peers the rules of the webhook read whether an own Service has one. */
function adviceThatCounts(snapshot: Snapshot) {
  const { clusters, ...advice } = adviseOn(snapshot);
  const read = clusters.map(({ mode, ...rest }) => ({ ...rest, joins: rest.service === "own" && mode !== undefined }));
  return { ...advice, clusters: read };
}
