import assert from "node:assert/strict";
import { it } from "node:test";
import fc from "fast-check";
import { TupleTable } from "./tuples.ts";

it("equal tuples share a number, others do not, and each is read back as it was", () => {
  const tuples = fc.array(fc.tuple(fc.nat({ max: 40 }), fc.nat({ max: 40 }), fc.integer()), {
    maxLength: 3000,
    size: "max",
  });
  fc.assert(
    fc.property(tuples, (all) => {
      const table = new TupleTable(3);
      const ids = all.map((tuple) => table.intern(tuple));
      assert.equal(table.size, new Set(all.map(String)).size);
      for (const [i, tuple] of all.entries()) {
        const read = new Int32Array(3);
        table.read(ids[i] as number, read);
        assert.deepEqual([...read], tuple);
      }
    }),
    { numRuns: 20 },
  );
});
