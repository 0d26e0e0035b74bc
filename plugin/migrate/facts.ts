/** What is known before a move, and what a check says about it. */

import type { Identity } from "../../shared/identity.ts";
import type { Service } from "../../shared/kube/objects.ts";
import type { Migration } from "../../shared/migration.ts";
import type { Move } from "./move.ts";
import type { findStage } from "./progress.ts";
import type { Situation } from "./situation.ts";

export interface Check {
  name: string;
  state: "ok" | "warn" | "fail";
  detail: string;
  /** A command that helps. */
  next?: string;
}

/** What is known of one of the two clusters. */
export interface SideFacts {
  /** Its name among the peers. */
  cluster: string;
  context: string;
  server: string;
  /** uid of its kube-system namespace; empty if it could not be read. */
  uid: string;
  identity: Identity | undefined;
  /** Of its sync process, judged by its Lease; `unknown` where there is none, or it may not be read. */
  agent: "alive" | "silent" | "unknown";
  /** Undefined if the cluster does not say. */
  mayPatch: boolean | undefined;
}

/** What is known before the move. */
export interface Facts {
  from: SideFacts;
  to: SideFacts;
  situation: Situation;
  /** Ready pods in `to` that its selector finds; undefined if they may not be counted. */
  readyPods: number | undefined;
  /** A note that stands in the way. */
  obstacle?: Migration | undefined;
  /** What differs from the plan that is to be run. */
  changed?: readonly string[] | undefined;
}

/** The Service in both clusters, as the checks need it. */
export interface Pair {
  move: Move;
  facts: Facts;
  stage: ReturnType<typeof findStage>;
  from: Service | undefined;
  to: Service | undefined;
}
