import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { startWatchdog } from "../../../shared/kube/watchdog.ts";
import { manualClock } from "./manual-clock.ts";

/** A watchdog with the times of the reflector; `probe` says how each probe ends. */
function setUp(probe: () => Promise<void> = async () => undefined) {
  const clock = manualClock();
  const probes: number[] = [];
  const deaths: [at: number, reason: string][] = [];
  const watchdog = startWatchdog({
    clock,
    probeAfterMs: 20_000,
    silenceLimitMs: 90_000,
    probe() {
      probes.push(clock.now() / 1000);
      return probe();
    },
    onDead: (error) => void deaths.push([clock.now() / 1000, (error as Error).message]),
    onSilent: () => void deaths.push([clock.now() / 1000, "silent"]),
  });
  return { clock, probes, deaths, watchdog };
}

describe("watchdog", () => {
  test("asks after 20 s of silence and every 20 s, and gives up after 90 s", async () => {
    const { clock, probes, deaths } = setUp();
    await clock.advance(200_000);
    assert.deepEqual(probes, [20, 40, 60, 80]);
    assert.deepEqual(deaths, [[90, "silent"]]);
  });

  test("does not ask while something comes", async () => {
    const { clock, probes, deaths, watchdog } = setUp();
    for (let i = 0; i < 20; i++) {
      await clock.advance(19_000);
      watchdog.alive();
    }
    assert.deepEqual([probes, deaths], [[], []]);
  });

  test("a failed probe is death, once, at most 25 s after the last byte", async () => {
    const { clock, probes, deaths, watchdog } = setUp(async () => {
      throw new Error("unreachable");
    });
    await clock.advance(3000);
    watchdog.alive();
    await clock.advance(300_000);
    assert.deepEqual([probes, deaths], [[25], [[25, "unreachable"]]]);
  });

  test("a byte during the probe outweighs its failure", async () => {
    const gate = Promise.withResolvers<void>();
    const { clock, deaths, watchdog } = setUp(() => gate.promise);
    await clock.advance(21_000);
    watchdog.alive();
    gate.reject(new Error("unreachable"));
    await clock.advance(5000);
    assert.deepEqual(deaths, []);
    watchdog.stop();
  });

  test("a hanging probe is not doubled and the limit still counts", async () => {
    const { clock, probes, deaths } = setUp(() => new Promise(() => undefined));
    await clock.advance(200_000);
    assert.deepEqual(probes, [20]);
    assert.deepEqual(deaths, [[90, "silent"]]);
  });

  test("stop ends it, also in the middle of a probe", async () => {
    const gate = Promise.withResolvers<void>();
    const { clock, deaths, watchdog } = setUp(() => gate.promise);
    await clock.advance(20_000);
    watchdog.stop();
    gate.reject(new Error("unreachable"));
    await clock.advance(200_000);
    assert.deepEqual(deaths, []);
  });
});
