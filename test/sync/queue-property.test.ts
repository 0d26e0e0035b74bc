import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { createQueue } from "../../sync/queue.ts";
import { manualClock } from "../shared/kube/manual-clock.ts";

type Step = { key: string; action: "add" | "later" | "tick"; ms: number; fails: boolean };

const steps = fc.array(
  fc.record<Step>({
    key: fc.constantFrom("a", "b", "c"),
    action: fc.constantFrom("add", "later", "tick"),
    ms: fc.integer({ min: 0, max: 60 }),
    fails: fc.boolean(),
  }),
  { maxLength: 40 },
);

test("nothing is dropped and nothing runs twice at once, whatever the order", async () => {
  await fc.assert(
    fc.asyncProperty(steps, fc.integer({ min: 1, max: 3 }), async (script, workers) => {
      const clock = manualClock();
      const fails = script.map((step) => step.fails);
      const running = new Set<string>();
      const lastStart = new Map<string, number>();
      const lastSuccess = new Map<string, number>();
      let moment = 0;
      const queue = createQueue({
        clock,
        workers,
        takeTurn: async () => undefined,
        async run(key) {
          assert.ok(!running.has(key), `${key} runs twice`);
          running.add(key);
          assert.ok(running.size <= workers, "too many at once");
          lastStart.set(key, ++moment);
          const started = moment;
          await new Promise<void>((resolve) => void clock.after(15, resolve));
          running.delete(key);
          if (fails.pop()) throw new Error("no");
          lastSuccess.set(key, started);
        },
      });
      const asked = new Map<string, number>();
      for (const { key, action, ms } of script) {
        if (action === "tick") await clock.advance(ms);
        else {
          asked.set(key, moment);
          if (action === "add") queue.add(key);
          else queue.addAfter(key, ms);
        }
      }
      await clock.advance(200_000);
      for (const [key, at] of asked)
        assert.ok((lastSuccess.get(key) ?? 0) > at, `${key} was not run after its last add`);
      assert.equal(queue.failing, 0);
      await queue.idle();
    }),
    { numRuns: 150 },
  );
});
