import assert from "node:assert/strict";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { judgeRelease } from "../../shared/protocol/release.ts";
import type { Snapshot } from "../../shared/protocol/snapshot.ts";
import type { PeerList } from "../../sync/known-peers.ts";
import { PeerIdentities } from "../../sync/peer-identities.ts";
import { Peers, type PeersOptions } from "../../sync/peers.ts";

type List = Map<string, string> | undefined;

const keptIn = (load: () => List): PeerList => ({ load: async () => load(), keep: async () => {} });

const rows: { name: string; later: List; dropped: string[] }[] = [
  { name: "still on the list", later: new Map([["west", "u-west"]]), dropped: [] },
  { name: "taken off the list", later: new Map([["south", "u-south"]]), dropped: ["west"] },
  { name: "taken off as the last one", later: new Map(), dropped: ["west"] },
  { name: "the list as a whole is gone: nobody's word", later: undefined, dropped: [] },
];

for (const { name, later, dropped } of rows) {
  test(`a peer without a file, ${name}`, async () => {
    let list: List = new Map([["west", "u-west"]]);
    const ownUid = Promise.resolve("u-east");
    const identities = new PeerIdentities({ ownName: "east", ownUid, known: keptIn(() => list) });
    assert.deepEqual(await identities.load(), ["west"]);
    list = later;
    assert.deepEqual(await identities.dropUnlisted(["west"]), dropped);
    assert.deepEqual(Object.keys(identities.uids), dropped.length ? [] : ["west"]);
  });
}

/** Why a release of east to north would wait for these peers; undefined if not for a peer. */
function waitsFor(peers: Iterable<string>): string | undefined {
  const view = (name: string) => ({ name, listed: name !== "west" });
  const clusters = new Map(["east", "north", ...peers].map((name) => [name, view(name)]));
  const { because = "" } = judgeRelease({ own: "east", clusters } as unknown as Snapshot, {
    mode: "source",
    at: "north",
    time: 1,
  }) as { because?: string };
  return because.includes("cannot be read") ? because : undefined;
}

test("releases wait for a known peer whose file is gone, and for one that was unlinked no more", async (t) => {
  t.mock.timers.enable({ apis: ["setTimeout"] });
  const folder = mkdtempSync(join(tmpdir(), "peers-"));
  let list: List = new Map([["west", "u-west"]]);
  const changed = Promise.withResolvers<void>();
  const peers = new Peers({
    folder,
    ownName: "east",
    ownUid: Promise.resolve("u-east"),
    known: keptIn(() => list),
    forgotten: () => new Set(),
    onPeers: () => changed.resolve(),
    onRefused() {},
    onError: (error) => changed.reject(error),
  } as Partial<PeersOptions> as PeersOptions);
  t.after(async () => {
    await peers.stop();
    rmSync(folder, { recursive: true });
  });
  await peers.start(Promise.resolve());
  assert.match(peers.refusals.get("west") ?? "", /its kubeconfig file is gone/);
  assert.equal(waitsFor(peers.clusters.keys()), "west cannot be read");

  list = new Map();
  t.mock.timers.tick(5_000);
  await changed.promise;
  assert.deepEqual([...peers.clusters], []);
  assert.equal(waitsFor(peers.clusters.keys()), undefined);
});
