/** Every command, in one table that parser, help and completion are made from. */
import { CLUSTER_VERBS } from "./cluster-verbs.ts";
import type { Verb } from "./flag.ts";
import { MIGRATE_VERBS } from "./migrate.ts";
import { OWN_VERBS } from "./own-verbs.ts";
import { SERVICE_VERBS } from "./service-verbs.ts";
import { STATUS } from "./status.ts";

/** Every command. */
export const VERBS: readonly Verb[] = [STATUS, ...MIGRATE_VERBS, ...SERVICE_VERBS, ...CLUSTER_VERBS, ...OWN_VERBS];
