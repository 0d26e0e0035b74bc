/** What `status` shows, as data: the JSON output is this model, tables and trees are drawn from it. */
import type { Intent } from "../../shared/intent.ts";
import type { Mode } from "../../shared/mode.ts";
import type { Selector } from "../../shared/selector.ts";

/** A cluster column. */
export interface ClusterStatus {
  /** Name among the peers; the context's name where the sync process is not installed. */
  name: string;
  context: string;
  /** URL of the API server; empty if not even the credentials could be had. */
  server: string;
  reachable: boolean;
  /** The sync process has told who it is. */
  installed: boolean;
  version?: string;
  /** Why it is not reachable, or what else the user should know. */
  problem?: string;
}

/** Where a Service's selector is now. */
export interface SelectorStatus {
  /** `live`: on the Service; `saved`: taken away and kept; `origin`: known from the origin only. */
  kept: "live" | "saved" | "origin";
  labels: Selector;
}

/** One Service in one cluster. */
export interface PlaceStatus {
  cluster: string;
  /** False if the cluster could not be read: nothing else is known then. */
  known: boolean;
  exists: boolean;
  /** The annotation; absent if there is none. */
  mode?: Mode;
  /** `origin`, `replica`, `server`, `follower`, `union`, `singular`, `independent`, `orphan`, …; see docs/plugin.md. */
  role: string;
  /** Ready addresses published here. */
  ready: number;
  /** How many addresses the serving clusters have in all, ready or not; absent if not all of them were seen. */
  expected?: number;
  /** Ready addresses published here, by the cluster they live in. */
  sources: Record<string, number>;
  /** Addresses of the own pods that are ready. */
  own: readonly string[];
  /** Slices that a removed selector left behind. */
  frozen: number;
  shadow: boolean;
  selector?: SelectorStatus;
  clusterIP?: string;
  inSync: boolean;
  /** `InSync`, or one word for what is missing. */
  reason: string;
  /** Sentences: what it waits for, or does next. */
  messages: readonly string[];
}

/** A move that waits to be gone on with or taken back, as its note on the Services says. */
export interface MoveStatus {
  id: string;
  /** `running`: towards `to`; `rollback`: back to `from`; `aborted`: left as it stands. */
  phase: "running" | "rollback" | "aborted";
  /** Clusters by their names among the peers. */
  from: string;
  to: string;
  strategy: "union" | "cutover";
  /** RFC 3339. */
  startedAt: string;
  /** Who began it, as their machine names them. */
  by?: string;
  /**
   * How far it has come: `declare` nothing is declared yet, `unite` both are to serve, `drain` `to` is to serve alone.
   * Absent on the way back, and while not all clusters could be read.
   */
  stage?: "declare" | "unite" | "drain";
}

/** One Service in all clusters. */
export interface ServiceStatus {
  namespace: string;
  name: string;
  ports: readonly string[];
  /** Labels of the Service in the first cluster that has it. */
  labels: Readonly<Record<string, string>>;
  headless: boolean;
  /** The latest declaration, if there is one. */
  intent?: Intent;
  /** Absent if no move is open or given up half-way. */
  move?: MoveStatus;
  inSync: boolean;
  /** `InSync`, or the most urgent reason of any cluster. */
  sync: string;
  createdAt?: string;
  places: readonly PlaceStatus[];
}

export interface StatusModel {
  clusters: readonly ClusterStatus[];
  services: readonly ServiceStatus[];
}
