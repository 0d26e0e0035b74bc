import assert from "node:assert/strict";
import { test } from "node:test";
import { newSerial } from "../../../sync/certificates/issuer.ts";

test("serial numbers are 16 bytes, positive and minimally encoded", () => {
  for (let made = 0; made < 10_000; made++) assert.match(newSerial(), /^[4-7][0-9a-f]{31}$/);
});
