import { describe, it } from "node:test";
import { declare, runScenario, type Step, startPods } from "./scenario.ts";
import { eastServes, everywhere, FOUR, handTo, THREE } from "./steps.ts";

// Both recipes all the way round three and four clusters.

const rows: { name: string; clusters: string[]; steps: Step[] }[] = [
  ...[THREE, FOUR].map((clusters) => ({
    name: `round all of ${clusters.length} clusters, with state`,
    clusters,
    steps: [
      eastServes,
      ...clusters.map((from, i): Step => {
        const to = clusters[(i + 1) % clusters.length] as string;
        const pods = to === "east" ? ["e1", "e2"] : [`${to[0]}1`, `${to[0]}2`];
        return {
          act: (world) => {
            startPods(world, to, ...pods);
            handTo(from, to)(world);
          },
          expect: everywhere(clusters, to, pods),
        };
      }),
    ],
  })),
  ...[THREE, FOUR].map((clusters) => ({
    name: `a union of all of ${clusters.length}, then each in turn alone`,
    clusters,
    steps: [
      eastServes,
      ...clusters.slice(1).flatMap((to, i): Step[] => {
        const from = clusters[i] as string;
        const pods = [`${to[0]}1`, `${to[0]}2`];
        const all = [...(from === "east" ? ["e1", "e2"] : [`${from[0]}1`, `${from[0]}2`]), ...pods];
        const members = clusters.map((name) => [name, { serves: all, mode: "union", reason: "InSync" }] as const);
        return [
          {
            act: (world) => {
              startPods(world, to, ...pods);
              declare(world, from, "union");
            },
            expect: Object.fromEntries(members),
          },
          { act: (world) => declare(world, to, "source"), expect: everywhere(clusters, to, pods) },
          { act: (world) => void world.cluster(from).pods.clear(), expect: everywhere(clusters, to, pods) },
        ];
      }),
    ],
  })),
];

describe("rounds, row by row", () => {
  for (const { name, clusters, steps } of rows) it(name, () => void runScenario(clusters, steps));
});
