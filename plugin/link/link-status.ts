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
  /**
   * `ok`; `refused`; `unknown`: not reachable from here; `waiting`: sync has not taken the file up yet; `forgotten`: its
   * operator said that the peer is gone for good.
   */
  state: "ok" | "refused" | "unknown" | "waiting" | "forgotten";
  message?: string;
}

/** What the reading cluster itself says of its peers. */
export interface Reader {
  cluster: string;
  /** Its peers by its sync process; undefined if that does not say. */
  peers: readonly string[] | undefined;
  /** Why its sync process refuses some, by name. */
  refused: Readonly<Record<string, string>>;
  /** Who is forgotten there; undefined if that cannot be read. */
  forgotten: ReadonlySet<string> | undefined;
}

/** One file of a cluster, as tried from here and as its sync process sees it. */
export function linkStatus(peer: ProbedPeer, reader: Reader): LinkStatus {
  const { name, server, credential, ends, podCIDRs } = peer;
  return {
    cluster: reader.cluster,
    peer: name,
    server,
    credential,
    ...(ends === undefined ? {} : { ends }),
    podCIDRs,
    ...judgeLink(peer, reader),
  };
}

function judgeLink(
  { name, state, problem }: Pick<ProbedPeer, "name" | "state" | "problem">,
  { peers, refused, forgotten }: Reader,
): Pick<LinkStatus, "state" | "message"> {
  if (forgotten?.has(name)) {
    return { state: "forgotten", message: `it counts as gone; kubectl syndicate forget ${name} --undo takes it back` };
  }
  const why = Object.hasOwn(refused, name) ? refused[name] : undefined;
  // What sync says of its own attempt counts more than ours, which may be made by another way and with another clock.
  if (why !== undefined) return { state: "refused", message: `its sync process refuses it: ${why}` };
  if (state !== "refused" && peers?.includes(name) === false) {
    return { state: "waiting", message: "sync has not taken it up yet" };
  }
  return { state, ...(problem === undefined ? {} : { message: problem }) };
}

/**
 * Peers that no file of the Secret leads to: those whose kubeconfig comes to the sync process by another way, and those that
 * are forgotten; that order stays until it is taken back.
 */
export function withoutFile(reader: Reader, files: ReadonlySet<string>): LinkStatus[] {
  const { cluster, peers = [], forgotten = [] } = reader;
  const problem = "its kubeconfig is not in Secret syndicate-peers, only sync can tell";
  const names = [...new Set([...peers, ...forgotten])].filter((peer) => !files.has(peer));
  return names.map((peer) => ({
    cluster,
    peer,
    server: "",
    credential: "none",
    podCIDRs: [],
    ...judgeLink({ name: peer, state: "unknown", problem }, reader),
  }));
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
