import { SHORT, THIRD } from "./faults/matrix.ts";
import { testRows } from "./faults/run.ts";

// Every fault once; all of them, in all that sync does, and for longer: `long/faults.test.ts`.

testRows(THIRD, SHORT);
