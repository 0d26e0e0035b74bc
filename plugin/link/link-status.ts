/** A link as `links` shows it. Pure. */
import { formatDuration } from "../duration.ts";
import type { Paint } from "../render/paint.ts";
import { type Cell, plain, renderTable } from "../render/table.ts";
import type { ProbedPeer } from "./probe.ts";

export interface LinkStatus {
  /** The cluster that reads. */
  cluster: string;
  /** The one it reads. */
  peer: string;
  /** Empty if sync refuses the file. */
  server: string;
  credential: ProbedPeer["credential"];
  /** RFC 3339; absent: no end. */
  ends?: string;
  podCIDRs: readonly string[];
  /** `ok`; `refused`; `unknown`: not reachable from here; `waiting`: sync has not taken the file up yet. */
  state: "ok" | "refused" | "unknown" | "waiting";
  message?: string;
}

/** `known` are the peers the cluster's sync process says it has; undefined if it does not say. */
export function linkStatus(cluster: string, peer: ProbedPeer, known: readonly string[] | undefined): LinkStatus {
  const { name, server, credential, ends, podCIDRs, problem } = peer;
  const waiting = known !== undefined && !known.includes(name) && peer.state !== "refused";
  const message = waiting ? "sync has not taken it up yet" : problem;
  return {
    cluster,
    peer: name,
    server,
    credential,
    ...(ends === undefined ? {} : { ends }),
    podCIDRs,
    state: waiting ? "waiting" : peer.state,
    ...(message === undefined ? {} : { message }),
  };
}

/** The lines of `links`; `now` in milliseconds since 1970. */
export function renderLinks(links: readonly LinkStatus[], paint: Paint, headers: boolean, now: number): string[] {
  const rows = links.map((link): Cell[] => [
    ...plain(link.cluster, link.peer, link.server || "-", credentialText(link, now), link.podCIDRs.join(",") || "any"),
    {
      text: stateText(link),
      paint: link.state === "ok" ? paint.good : link.state === "refused" ? paint.bad : paint.warn,
    },
  ]);
  return renderTable(
    headers ? [plain("CLUSTER", "READS", "SERVER", "CREDENTIAL", "POD-CIDRS", "STATE"), ...rows] : rows,
  );
}

function credentialText({ credential, ends }: LinkStatus, now: number): string {
  if (ends === undefined) return credential;
  const left = Date.parse(ends) - now;
  return left > 0 ? `${credential}, ${formatDuration(left)} left` : `${credential}, ended`;
}

function stateText({ state, message }: LinkStatus): string {
  if (state === "ok") return "ok";
  return state === "unknown" ? `not tried from here: ${message}` : `${state}: ${message}`;
}
