import { FULL, ROWS } from "../faults/matrix.ts";
import { testRows } from "../faults/run.ts";

// The whole fault matrix.

testRows(ROWS, FULL);
