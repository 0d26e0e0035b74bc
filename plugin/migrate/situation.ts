/** How the clusters stand, what is done next, and what is waited for. */
import type { Service } from "../../shared/kube/objects.ts";
import type { ClusterView } from "../../shared/protocol/snapshot.ts";
import type { HoldReason } from "../../shared/protocol/write.ts";
import type { Verdict } from "../judge.ts";
import type { StepName } from "./move.ts";

/** One look at all clusters. */
export interface Situation {
  views: ReadonlyMap<string, ClusterView>;
  verdicts: readonly Verdict[];
  /** Why a cluster could not be read, by name. */
  problems?: ReadonlyMap<string, string>;
  /** When, in milliseconds since 1970. */
  now: number;
}

/** One thing a cluster is waited for. */
export interface Wait {
  cluster: string;
  message: string;
  /** The word of the condition, if a cluster holds something back. */
  reason?: HoldReason;
}

/** Annotations to set; null removes. */
export type Annotations = Readonly<Record<string, string | null>>;

export interface Write {
  kind: "write";
  step: StepName;
  cluster: string;
  service: Service;
  annotations: Annotations;
}

/** What a move, a rollback or an abort does next. */
export type Next =
  | Write
  | {
      kind: "wait";
      step: StepName;
      waits: readonly Wait[] /** Milliseconds left, if only time is waited for. */;
      leftMs?: number;
    }
  /** Everything is as it shall be. As long as `fingerprint` stays, no slice has changed. `closing` is written when it has stayed. */
  | { kind: "arrived"; fingerprint: string; closing?: Write };
