/** Steps that many rows begin or end with. */
import { SUCCESSOR } from "../../../shared/keys.ts";
import type { World } from "../../model/world.ts";
import { declare, type Expected, type Step, startPods, webService } from "./scenario.ts";

export const TWO = ["east", "west"];
export const THREE = ["east", "west", "south"];
export const FOUR = [...THREE, "north"];

export const eastServes: Step = {
  act: (world) => {
    world.cluster("east").createService(webService());
    startPods(world, "east", "e1", "e2");
  },
  expect: {
    east: { serves: ["e1", "e2"], mode: undefined, selects: true },
    west: { serves: ["e1", "e2"], mode: undefined, selects: false, reason: "InSync" },
  },
};

export const westPods = (world: World) => startPods(world, "west", "w1", "w2");

export const union: Step = {
  act: (world) => {
    westPods(world);
    declare(world, "east", "union");
  },
  expect: {
    east: { serves: ["e1", "e2", "w1", "w2"], mode: "union", selects: false, reason: "InSync" },
    west: { serves: ["e1", "e2", "w1", "w2"], mode: "union", selects: false, reason: "InSync" },
  },
};

export const toWest: Step = {
  act: (world) => declare(world, "west", "source"),
  expect: {
    east: { serves: ["w1", "w2"], mode: "receiver", selects: false, services: ["web"], reason: "InSync" },
    west: { serves: ["w1", "w2"], mode: "source", selects: true, services: ["web"], reason: "InSync" },
  },
};

export function podsChange(): Step {
  return {
    act: (world) => {
      startPods(world, "east", "e3");
      world.cluster("east").pods.delete("e1");
    },
    expect: { west: { serves: ["e2", "e3"] } },
  };
}

export function eastPodsGo(): Step {
  return {
    act: (world) => world.cluster("east").pods.clear(),
    expect: { east: { serves: ["w1", "w2"], reason: "InSync" }, west: { serves: ["w1", "w2"], reason: "InSync" } },
  };
}

export function twoOwn(): Step {
  return {
    act: (world) => {
      for (const name of TWO) world.cluster(name).createService(webService());
      startPods(world, "east", "e1", "e2");
      westPods(world);
    },
    expect: {
      east: { serves: ["e1", "e2"], mode: undefined, services: ["web"] },
      west: { serves: ["w1", "w2"], mode: undefined, services: ["web"] },
    },
  };
}

/** One cluster serves these pods, and all others follow it. */
export function everywhere(clusters: readonly string[], server: string, pods: string[]): Record<string, Expected> {
  const serves = { serves: pods, selects: true, mode: "source", services: ["web"], reason: "InSync" };
  const follows = { serves: pods, selects: false, mode: "receiver", services: ["web"], reason: "InSync" };
  return { ...Object.fromEntries(clusters.map((name) => [name, follows])), [server]: serves };
}

/** `receiver` in one cluster, with another as successor. */
export function handTo(from: string, to: string): (world: World) => void {
  return (world) => declare(world, from, "receiver", { [SUCCESSOR]: to });
}
