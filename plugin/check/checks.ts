/** The checks of one cluster. Pure. */
import type { Check } from "../migrate/facts.ts";
import { shellWord } from "../shell-word.ts";
import type { ClusterFacts } from "./facts.ts";

/** A credential that ends within this time is told of. */
const SOON_MS = 14 * 86_400_000;
/** Names listed before "and N more". */
const NAMED = 3;

/** Every check that can be made with what is known; `now` in milliseconds since 1970. */
export function checkCluster(facts: ClusterFacts, now: number): Check[] {
  const { status } = facts;
  if (!status.reachable) {
    const next = `kubectl --context ${shellWord(status.context)} version`;
    return [{ name: "API server answers", state: "fail", detail: status.problem ?? "no", next }];
  }
  return [
    { name: "API server answers", state: "ok", detail: facts.version?.text ?? "yes" },
    checkInstalled(facts),
    ...(facts.identity ? [checkAgent(facts)] : []),
    checkRights(facts),
    ...(facts.webhook ? [checkWebhook(facts, facts.webhook)] : []),
    ...checkLinks(facts, now),
    ...checkLeftovers(facts),
  ];
}

function checkInstalled({ identity, status }: ClusterFacts): Check {
  const name = "syndicate is installed";
  if (identity) return { name, state: "ok", detail: `as ${identity.clusterName}, version ${identity.version}` };
  const next = `kubectl --context ${shellWord(status.context)} -n syndicate-system logs deployment/syndicate -c sync`;
  return { name, state: "fail", detail: status.problem ?? "it publishes no identity", next };
}

function checkAgent({ agent, status }: ClusterFacts): Check {
  const name = "its sync process is alive";
  const next = `kubectl --context ${shellWord(status.context)} get pods -n syndicate-system`;
  if (agent === "alive") return { name, state: "ok", detail: "it has a heartbeat" };
  return agent === "silent"
    ? { name, state: "fail", detail: "no heartbeat: nothing changes here", next }
    : { name, state: "warn", detail: "its Lease cannot be read", next };
}

function checkRights({ rights = [], status }: ClusterFacts): Check {
  const name = "you may do what the commands need";
  const denied = rights.filter(({ allowed }) => allowed === false).map(({ what }) => what);
  const next = `kubectl --context ${shellWord(status.context)} auth can-i --list`;
  if (denied.length) return { name, state: "warn", detail: `not: ${denied.join(", ")}`, next };
  const unsure = rights.filter(({ allowed }) => allowed === undefined).map(({ what }) => what);
  if (unsure.length) return { name, state: "warn", detail: `the cluster does not say: ${unsure.join(", ")}` };
  return { name, state: "ok", detail: rights.map(({ what }) => what).join(", ") };
}

const WEBHOOK_STATES = { asked: "ok", silent: "fail", broken: "fail", absent: "warn", unknown: "warn" } as const;

function checkWebhook({ status }: ClusterFacts, { state, detail }: NonNullable<ClusterFacts["webhook"]>): Check {
  const next = `kubectl --context ${shellWord(status.context)} -n syndicate-system logs deployment/syndicate -c webhook`;
  return { name: "the webhook is asked", state: WEBHOOK_STATES[state], detail, ...(state === "asked" ? {} : { next }) };
}

/** One line for all good links, one for each other. */
function checkLinks({ links, status, identity }: ClusterFacts, now: number): Check[] {
  const name = "it reads its peers";
  const next = `kubectl syndicate link PEER --context ${shellWord(status.context)}`;
  if (links === undefined) {
    const unread = "you may not read Secret syndicate-peers, so this is not checked";
    const refused = Object.entries(identity?.peersRefused ?? {}).map(
      ([peer, why]): Check => ({
        name: `it reads ${peer}`,
        state: "fail",
        detail: `its sync process refuses it: ${why}`,
        next,
      }),
    );
    return refused.length ? refused : [{ name, state: "warn", detail: unread }];
  }
  if (links.length === 0) return [{ name, state: "fail", detail: "it is linked to no other cluster", next }];
  const bad = links.flatMap(({ peer, state, message, ends }): Check[] => {
    if (state === "refused") return [{ name: `it reads ${peer}`, state: "fail", detail: message ?? "refused", next }];
    const left = ends === undefined || state === "forgotten" ? Number.POSITIVE_INFINITY : Date.parse(ends) - now;
    if (left < SOON_MS)
      return [
        { name: `it reads ${peer}`, state: "warn", detail: `the token ends on ${ends}`, next: `${next} --rotate` },
      ];
    // A person has said so: it is told, and nothing is wrong.
    if (state === "forgotten") return [{ name: `it reads ${peer}`, state: "warn", detail: `forgotten: ${message}` }];
    return state === "waiting" ? [{ name: `it reads ${peer}`, state: "warn", detail: message ?? "not yet" }] : [];
  });
  const untried = links.filter(({ state }) => state === "unknown").map(({ peer }) => peer);
  const detail = links.map(({ peer }) => peer).join(", ");
  const hint = untried.length ? `; ${untried.join(", ")}: cannot be tried from here, only sync can tell` : "";
  return bad.length ? bad : [{ name, state: "ok", detail: `${detail}${hint}` }];
}

function checkLeftovers({ leftovers, status }: ClusterFacts): Check[] {
  if (!leftovers) return [];
  const { orphans, frozen, owned } = leftovers;
  const tools = owned.map(({ service, tool }) => `${service} (${tool})`);
  return [
    {
      name: "no slices of former selectors",
      state: frozen.length ? "warn" : "ok",
      detail: nameSome(frozen),
      ...(frozen.length ? { next: `kubectl syndicate trace SERVICE --context ${shellWord(status.context)}` } : {}),
    },
    {
      name: "nothing of ours is orphaned",
      state: orphans.length ? "warn" : "ok",
      detail: nameSome(orphans),
      ...(orphans.length ? { next: "docs/install.md, Uninstall: what is left over is found by its labels" } : {}),
    },
    {
      name: "no other tool puts Services back",
      state: owned.length ? "warn" : "ok",
      detail: nameSome(tools),
      ...(owned.length
        ? { next: "have it ignore spec.selector and the annotations vmware.com/syndicate-… of these Services" }
        : {}),
    },
  ];
}

/** `a, b, c and 4 more`; `none`. */
export function nameSome(names: readonly string[]): string {
  if (names.length === 0) return "none";
  const shown = names.slice(0, NAMED).join(", ");
  return names.length > NAMED ? `${shown} and ${names.length - NAMED} more` : shown;
}
