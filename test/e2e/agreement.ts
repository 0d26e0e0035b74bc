import { isDeepStrictEqual } from "node:util";
import { type Intent, impliedMode, sameIntent } from "../../shared/intent.ts";
import { REPLICA_OF } from "../../shared/keys.ts";
import { label } from "../../shared/kube/objects.ts";
import { readStanding, type Standing } from "./application.ts";
import type { Target } from "./attack.ts";
import { following, serving, united, unitedKeeping } from "./expectations.ts";
import { type Summary, summarise } from "./summary.ts";
import { waitFor } from "./waiting.ts";
import type { Side } from "./world.ts";

// Whatever was said last: every cluster holds what follows from it, and nothing else.

function describe(side: Side, { service, intent, condition }: Standing): string {
  const said = intent ? `${intent.mode} at ${intent.at}, ${intent.time}` : "no intent";
  return `${side.name}: ${service ? said : "no Service"}; ${condition?.reason}: ${condition?.message}`;
}

/**
 * Waits until all clusters carry one intent, or none does, say that they are in sync, and hold what that asks for: copies of all
 * pods that serve, as they are, no shadow that is not needed, nothing frozen, nothing that belongs to nobody. Returns the intent,
 * which is one of the mode asked for, if one is.
 */
export async function waitAgreed(
  target: Target,
  sides: readonly Side[],
  seconds: number,
  mode?: Intent["mode"],
): Promise<Intent | undefined> {
  return waitFor(
    `agreement on ${target.app.name}`,
    async () => {
      const found = await Promise.all(sides.map((side) => readStanding(target.app, side)));
      const seen = sides.map((side, i) => describe(side, found[i] as Standing)).join("\n");
      const intent = found[0]?.intent;
      const agreed = found.every((one) => one.service && (intent ? sameIntent(one.intent, intent) : !one.intent));
      const inSync = found.every(({ condition }) => (condition ? condition.status === "True" : !intent));
      if (!agreed || !inSync || (mode && intent?.mode !== mode)) return { seen };
      const wrong = await Promise.all(
        sides.map((side, i) => compare(target, side, expected(target, side, sides, found[i] as Standing))),
      );
      const wrongs = wrong.filter((text) => text !== undefined);
      return wrongs.length ? { seen: [seen, ...wrongs].join("\n") } : { done: intent };
    },
    seconds,
  );
}

/** Which keys of ours a Service carries depends on who said what on it before; everything else is certain. */
async function compare(target: Target, side: Side, wanted: Summary): Promise<string | undefined> {
  const found = await summarise(target.app, side);
  const right = { ...wanted, keys: found.keys };
  if (isDeepStrictEqual(found, right)) return undefined;
  return `${side.name} holds ${JSON.stringify(found)}\nand should ${JSON.stringify(right)}`;
}

function expected(target: Target, side: Side, sides: readonly Side[], { service, intent }: Standing): Summary {
  if (intent?.mode === "union") {
    const all = Object.fromEntries(sides.map((one) => [one.name, target.pods(one)]));
    const { [side.name]: pods = [], ...others } = all;
    return target.app.headless ? unitedKeeping(pods, others) : united(all);
  }
  const mode = impliedMode(intent, side.name);
  const of = intent?.mode === "source" ? intent.at : ((service && label(service, REPLICA_OF)) ?? side.name);
  const server = sides.find(({ name }) => name === of);
  if (!server) throw new Error(`${target.app.name} in ${side.name} follows ${of}, which is no cluster`);
  return server === side ? serving(target.pods(side), mode) : following(server, target.pods(server), mode);
}
