import assert from "node:assert/strict";
import { test } from "node:test";
import { classifyError } from "../../../shared/kube/api-error.ts";
import { createClient } from "../../../shared/kube/client.ts";
import { services } from "../../../shared/kube/resources.ts";
import { failure } from "./client-setup.ts";
import { manualClock } from "./manual-clock.ts";
import { sendJson, startTinyServer } from "./tiny-server.ts";

// A watch never ends by itself in time: with credentials that were swapped it would go on for minutes.

test("watches with the old credentials are cut after a while, calls until then are not", async () => {
  const clock = manualClock();
  const server = await startTinyServer((request, response) => {
    if (request.query.has("watch")) response.writeHead(200).flushHeaders();
    else sendJson(response, {});
  });
  const credentials = { server: server.url, podCIDRs: [] };
  const client = createClient({ ...credentials, token: "old" }, { cluster: "east", clock });
  const events = await client.stream(`${services.all}?watch=true`, new AbortController().signal);
  let ended = false;
  const end = failure(events[Symbol.asyncIterator]().next()).finally(() => {
    ended = true;
  });
  await client.swap({ ...credentials, token: "new" });
  await clock.advance(9_999);
  assert.equal(ended, false);
  await clock.advance(1);
  assert.equal(classifyError(await end), "unavailable");
  await client.close();
  await server.close();
});
