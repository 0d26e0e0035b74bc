import assert from "node:assert/strict";
import { test } from "node:test";
import { type CoreEvent, joinEvents } from "../../../plugin/events/model.ts";
import { renderEvents } from "../../../plugin/events/rendering.ts";
import { choosePaint } from "../../../plugin/render/paint.ts";
import { assertGolden } from "../golden.ts";

const NOW = Date.parse("2026-11-21T10:10:00Z");

function event(fields: Partial<CoreEvent>): CoreEvent {
  return { metadata: { name: "web.1" }, type: "Normal", reason: "Replicated", message: "of east", ...fields };
}

/** One of each way in which an API server gives time and author. */
const east = [
  event({ eventTime: "2026-11-21T10:09:00.000000Z", reportingComponent: "syndicate-sync", reason: "FollowsIntent" }),
  event({
    lastTimestamp: "2026-11-21T10:05:00Z",
    firstTimestamp: "2026-11-21T10:00:00Z",
    count: 4,
    type: "Warning",
    reason: "FailedToUpdateEndpoint",
    message: "conflict\n",
    source: { component: "endpoint-controller" },
    reportingComponent: "",
  }),
];
const west = [
  event({
    eventTime: "2026-11-21T10:00:00.000000Z",
    series: { count: 3, lastObservedTime: "2026-11-21T10:08:00.000000Z" },
    reportingComponent: "syndicate-sync",
  }),
  event({ metadata: { name: "web.2", creationTimestamp: "2026-11-21T10:01:00Z" }, eventTime: null }),
];

test("Events of all clusters in order of time, whatever field it is in", () => {
  const joined = joinEvents([
    { cluster: "east", events: east },
    { cluster: "west", events: west },
  ]);
  assert.deepEqual(
    joined.map(({ cluster, reason, count, from }) => [cluster, reason, count, from]),
    [
      ["west", "Replicated", 1, ""],
      ["east", "FailedToUpdateEndpoint", 4, "endpoint-controller"],
      ["west", "Replicated", 3, "syndicate-sync"],
      ["east", "FollowsIntent", 1, "syndicate-sync"],
    ],
  );
  const paint = choosePaint({ env: {} }, { isTTY: false }, "auto");
  assertGolden("events.txt", `${renderEvents(joined, paint, { headers: true, now: NOW }).join("\n")}\n`);
  assert.equal(renderEvents(joined, paint, { headers: false, now: NOW }).length, 4);
});
