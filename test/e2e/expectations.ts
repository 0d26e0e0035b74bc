import type { Mode } from "../../shared/mode.ts";
import type { LabPod } from "../lab/lab.ts";
import type { Summary } from "./summary.ts";
import type { Side } from "./world.ts";

// What a cluster must hold of an application, and nothing else, in each of the states a Service can be at rest in.

const NOTHING_OF_OURS = { mirrored: undefined, copies: {}, skipMirror: false, shadows: 0, strays: [] };

function names(pods: readonly Pick<LabPod, "name">[]): string[] {
  return pods.map((pod) => pod.name).sort();
}

function sorted(...keys: (string | false | undefined)[]): string[] {
  return keys.filter((key) => typeof key === "string").sort();
}

/** No Service and nothing of it. */
export function absent(): Summary {
  return { ...NOTHING_OF_OURS, service: "absent", mode: undefined, keys: [], native: undefined, endpoints: undefined };
}

/** A Service with its own selector that serves with these pods; `keys` are those of ours it may carry. */
export function serving(pods: readonly Pick<LabPod, "name">[], mode?: Mode, ...keys: string[]): Summary {
  const common = { service: "selects", mode, native: names(pods), endpoints: names(pods) } as const;
  return { ...NOTHING_OF_OURS, ...common, keys: sorted(mode && "mode", mode && "intent", ...keys) };
}

/** A Service without selector that holds copies of these pods of another cluster. */
export function following(
  of: Side,
  pods: readonly Pick<LabPod, "name">[],
  mode: Mode | undefined,
  ...keys: string[]
): Summary {
  return {
    ...NOTHING_OF_OURS,
    service: "no selector",
    mode,
    keys: sorted(mode && "mode", mode && "intent", ...keys),
    native: undefined,
    copies: { [of.name]: names(pods) },
    endpoints: names(pods),
    skipMirror: true,
  };
}

/** A Service whose shadow tracks its own pods, with copies of every cluster's. */
export function united(copies: Record<string, readonly Pick<LabPod, "name">[]>, ...keys: string[]): Summary {
  const listed = Object.entries(copies).map(([cluster, pods]) => [cluster, names(pods)] as const);
  return {
    ...NOTHING_OF_OURS,
    service: "no selector",
    mode: "union",
    keys: sorted("mode", "intent", ...keys),
    native: undefined,
    copies: Object.fromEntries(listed),
    endpoints: listed.flatMap(([, pods]) => pods).sort(),
    skipMirror: true,
    shadows: 1,
  };
}

/** A Service that keeps its selector in a union, with copies of the other clusters' pods beside its own. */
export function unitedKeeping(
  pods: readonly Pick<LabPod, "name">[],
  others: Record<string, readonly Pick<LabPod, "name">[]>,
  ...keys: string[]
): Summary {
  const copies = united(others, ...keys);
  return { ...copies, service: "selects", native: names(pods), endpoints: names(pods), skipMirror: false, shadows: 0 };
}
