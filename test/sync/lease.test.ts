import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { leases } from "../../shared/kube/resources.ts";
import { fenceWrites } from "../../sync/fence.ts";
import { Election, type Lease } from "../../sync/lease.ts";
import { manualClock } from "../shared/kube/manual-clock.ts";
import { StoredObjects } from "./stored-objects.ts";

const PATH = leases.one("syndicate-system", "syndicate-sync");

function setUp() {
  const clock = manualClock();
  const stored = new StoredObjects(clock);
  const candidate = (instance: string) => {
    const told: boolean[] = [];
    const election = new Election({
      client: stored.client,
      namespace: "syndicate-system",
      instance,
      clock,
      onLeading: (leading) => void told.push(leading),
      onError: () => undefined,
    });
    return { election, told };
  };
  const holder = () => (stored.objects.get(PATH) as Lease | undefined)?.spec?.holderIdentity;
  return { stored, clock, candidate, holder };
}

describe("election", () => {
  test("one leads, the other does not; a released Lease is taken at the next turn", async () => {
    const { clock, candidate, holder } = setUp();
    const [one, two] = [candidate("one"), candidate("two")];
    one.election.start();
    await clock.advance(1000);
    two.election.start();
    await clock.advance(40_000);
    assert.deepEqual([one.election.leading, two.election.leading, holder()], [true, false, "one"]);
    await one.election.stop();
    assert.deepEqual([one.told, holder()], [[true, false], ""]);
    await clock.advance(2000);
    assert.deepEqual([two.election.leading, holder()], [true, "two"]);
    await two.election.stop();
  });

  test("a holder that is silent is judged by our own clock, whatever time its Lease shows", async () => {
    const { stored, clock, candidate } = setUp();
    const spec = { holderIdentity: "gone", leaseDurationSeconds: 15, renewTime: "2999-01-01T00:00:00.000000Z" };
    stored.put(PATH, { metadata: {}, spec } as Lease);
    const { election } = candidate("one");
    election.start();
    await clock.advance(15_000);
    assert.equal(election.leading, false);
    await clock.advance(2000);
    assert.equal(election.leading, true);
    await election.stop();
  });

  for (const [what, refuse] of [
    ["refuses renewals", 500],
    ["does not answer", 0],
  ] as const) {
    test(`a leader whose server ${what} has stopped before another may lead, and is told when it leads again`, async () => {
      const { stored, clock, candidate } = setUp();
      const { election, told } = candidate("one");
      election.start();
      await clock.advance(2000);
      assert.equal(election.leading, true);
      stored.refuse = refuse;
      await clock.advance(12_001);
      assert.equal(election.leading, false);
      stored.refuse = undefined;
      await clock.advance(12_000);
      assert.deepEqual([election.leading, told], [true, [true, false, true]]);
      await election.stop();
    });
  }

  test("a process that slept does not lead when it wakes, before it has asked anybody", async () => {
    const { clock, candidate } = setUp();
    const { election, told } = candidate("one");
    election.start();
    await clock.advance(1000);
    const { now } = clock;
    clock.now = () => now() + 60_000;
    assert.equal(election.leading, false);
    await clock.advance(2000);
    assert.deepEqual([election.leading, told], [true, [true, false, true]]);
    await election.stop();
  });
});

test("writes are counted, and refused of a process that does not lead; reads are not", async () => {
  const { stored } = setUp();
  let leads = true;
  const told: string[] = [];
  const fenced = fenceWrites(stored.client, {
    isLeader: () => leads,
    onResult: (...result) => void told.push(result.join(" ")),
  });
  await fenced.create("/api/v1/things", { metadata: { name: "a" } });
  await fenced.create("/apis/x.io/v1beta1/namespaces/shop/things", { metadata: { name: "a" } });
  await fenced.patch("/apis/x.io/v1beta1/namespaces/shop/things/a", {}, "merge");
  await assert.rejects(fenced.patch("/api/v1/namespaces/shop/things/a/status", {}, "merge"));
  await fenced.remove("/api/v1/namespaces/shop/things/a");
  leads = false;
  const writes = [
    fenced.create("/api/v1/things", {}),
    fenced.replace("/api/v1/things/a", {}),
    fenced.patch("/api/v1/things/a", {}, "merge"),
    fenced.remove("/api/v1/things/a"),
  ];
  for (const write of writes) await assert.rejects(write, /does not lead any more/);
  await fenced.get("/api/v1/things/a");
  assert.equal(stored.asked.length, 6);
  assert.equal(stored.asked.at(-1), "get /api/v1/things/a");
  assert.deepEqual(told, [
    "create things ok",
    "create things ok",
    "patch things ok",
    "patch things/status notFound",
    "delete things ok",
  ]);
});
