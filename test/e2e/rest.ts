import { setTimeout as sleep } from "node:timers/promises";
import { type Intent, sameIntent } from "../../shared/intent.ts";
import { REPLICA_OF } from "../../shared/keys.ts";
import { label } from "../../shared/kube/objects.ts";
import { type Application, readStanding, type Standing } from "./application.ts";
import { waitFor } from "./waiting.ts";
import type { Side } from "./world.ts";

/** What a migration waits after the last slice change for kube-proxy to have followed: the default of `migrate`. */
const SETTLE_MS = 5000;
const AFTERWARDS_MS = 2000;

/** The documented pause between "in sync" and the removal of pods that are no longer needed. */
export function settle(): Promise<void> {
  return sleep(SETTLE_MS);
}

/** Time for the clients to meet whoever was taken away too early. */
export function afterwards(): Promise<void> {
  return sleep(AFTERWARDS_MS);
}

function describe(side: Side, { service, intent, condition }: Standing): string {
  const about = condition ? `${condition.status} ${condition.reason}: ${condition.message}` : "no condition";
  return `${side.name}: ${service ? "" : "no Service, "}${intent ? `${intent.mode} at ${intent.at}` : "no intent"}, ${about}`;
}

/** Waits until all sides carry this one intent and say that they are in sync. */
export async function waitAtRest(
  app: Application,
  sides: readonly Side[],
  { mode, at }: Pick<Intent, "mode" | "at">,
  seconds?: number,
): Promise<void> {
  await waitFor(
    `${app.name} at rest under ${mode} at ${at}`,
    async () => {
      const found = await Promise.all(sides.map((side) => readStanding(app, side)));
      const first = found[0]?.intent;
      const agreed = first?.mode === mode && first.at === at && found.every(({ intent }) => sameIntent(intent, first));
      if (agreed && found.every(({ condition }) => condition?.status === "True")) return { done: undefined };
      return { seen: sides.map((side, i) => describe(side, found[i] as Standing)).join("\n") };
    },
    seconds,
  );
}

/** Waits until a cluster has a replica that follows another cluster and says that it is in sync. */
export async function waitReplicated(app: Application, side: Side, of: Side): Promise<void> {
  await waitFor(`a replica of ${app.name} in ${side.name}`, async () => {
    const standing = await readStanding(app, side);
    const { service, condition } = standing;
    const follows = service !== undefined && label(service, REPLICA_OF) === of.name;
    return follows && condition?.status === "True" ? { done: undefined } : { seen: describe(side, standing) };
  });
}

/** Waits until a cluster says this about the Service: a reason of the condition, and words its message holds. */
export async function waitCondition(app: Application, side: Side, reason: string, words = ""): Promise<void> {
  await waitFor(`${reason} on ${app.name} in ${side.name}`, async () => {
    const standing = await readStanding(app, side);
    const { condition } = standing;
    const found = condition?.reason === reason && condition.message.includes(words);
    return found ? { done: undefined } : { seen: describe(side, standing) };
  });
}

/** Waits until a cluster has no such Service any more. */
export async function waitGone(app: Application, side: Side): Promise<void> {
  await waitFor(`the end of ${app.name} in ${side.name}`, async () => {
    const standing = await readStanding(app, side);
    return standing.service ? { seen: describe(side, standing) } : { done: undefined };
  });
}
