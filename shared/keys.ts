/**
 * Every annotation, label and fixed value the three programs agree on. No other file spells them.
 * Keys marked "user" may be written by people; all others belong to the sync process alone.
 */

const PREFIX = "vmware.com/syndicate-";

/** True for every annotation or label key of ours. */
export function isOurKey(key: string): boolean {
  return key.startsWith(PREFIX);
}

/** User, annotation: `source`, `receiver`, `union` or `singular`; absent means "replicate from wherever it lives". */
export const MODE = "vmware.com/syndicate-mode";
/** User, annotation: name of the cluster that takes over from a `receiver`. */
export const SUCCESSOR = "vmware.com/syndicate-successor";
/** User, annotation: comma list of clusters whose independent own Service the declarer takes along. */
export const ADOPT = "vmware.com/syndicate-adopt";
/** User, annotation: time, as in its JSON, of a latest intent from the future that is to be beaten all the same. */
export const OVERRIDE = "vmware.com/syndicate-override";
/** User or sync, annotation: this cluster's own selector, a JSON map of strings. */
export const SELECTOR = "vmware.com/syndicate-selector";
/** User, annotation: endpoints that must be ready before a take-over; a number or a percentage of what served before. Default 1. */
export const MIN_READY = "vmware.com/syndicate-min-ready";
/** User, annotation: seconds they must have been ready without a break. Default 10. */
export const MIN_READY_SECONDS = "vmware.com/syndicate-min-ready-seconds";
/** User, annotation: what `kubectl syndicate migrate` notes about a move: who moves what where, and what was before, JSON. */
export const MIGRATION = "vmware.com/syndicate-migration";
/** Sync, annotation: the intent this Service follows, JSON; see `intent.ts`. */
export const INTENT = "vmware.com/syndicate-intent";
/** Sync, annotation on replicas: selector of the origin's Service, a JSON map of strings. */
export const ORIGIN_SELECTOR = "vmware.com/syndicate-origin-selector";
/** Sync, label on replicas: name of the cluster the replica stands for. */
export const REPLICA_OF = "vmware.com/syndicate-replica-of";
/** Sync, label on shadows: name of the Service whose pods the shadow tracks. */
export const SHADOW_OF = "vmware.com/syndicate-shadow-of";

/** Plugin, label on Secrets with a token: name of the cluster that reads with this token. */
export const TOKEN_OF = "vmware.com/syndicate-token-of";

/** Condition type in Service `.status.conditions`. */
export const CONDITION_IN_SYNC = "vmware.com/SyndicateInSync";

/** Label of an EndpointSlice: the Service it belongs to (EndpointSlice API). */
export const SERVICE_NAME = "kubernetes.io/service-name";
/** Label of an EndpointSlice: who maintains it (EndpointSlice API). */
export const MANAGED_BY = "endpointslice.kubernetes.io/managed-by";
/** `managed-by` of the slices Kubernetes makes from a selector. */
export const NATIVE_MANAGER = "endpointslice-controller.k8s.io";
/** `managed-by` of the slices Kubernetes copies from an Endpoints object. */
export const MIRRORING_MANAGER = "endpointslicemirroring-controller.k8s.io";
/** `managed-by` of the copies we write. */
export const OUR_MANAGER = "syndicate.vmware.com";
/** Label of our copies: the cluster the addresses live in (name from the Multi-Cluster Services API, KEP-1645). */
export const SOURCE_CLUSTER = "multicluster.kubernetes.io/source-cluster";
/** Label on Endpoints that makes the mirroring controller leave them alone (Endpoints API). */
export const SKIP_MIRROR = "endpointslice.kubernetes.io/skip-mirror";
/** Label Kubernetes puts on slices and Endpoints of headless Services. */
export const HEADLESS = "service.kubernetes.io/headless";
/** Annotation the endpoints controller sets on a truncated Endpoints object. */
export const OVER_CAPACITY = "endpoints.kubernetes.io/over-capacity";
/** Annotation in which `kubectl apply` keeps the manifest it applied last. */
export const LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration";

/** Field manager of every write of the sync process. */
export const FIELD_MANAGER = "syndicate-sync";
/** Field manager of every write of the kubectl plugin; the webhook takes such a write as a person's wish, never as a re-apply. */
export const PLUGIN_FIELD_MANAGER = "kubectl-syndicate";
/** Namespace the shipped manifests install into; it never takes part. */
export const SYSTEM_NAMESPACE = "syndicate-system";
/** User name of the sync process in the shipped manifests: its ServiceAccount in that namespace. */
export const SYNC_USER = `system:serviceaccount:${SYSTEM_NAMESPACE}:syndicate-sync`;
/** ConfigMap in our namespace that tells peers who this cluster is. */
export const IDENTITY_CONFIGMAP = "syndicate-identity";
/** ConfigMap in our namespace in which sync keeps which cluster (uid) the name of each peer stands for. */
export const KNOWN_PEERS_CONFIGMAP = "syndicate-known-peers";
/** ConfigMap in our namespace in which an operator says what sync cannot know: clusters gone for good, deletions that are meant. */
export const ORDERS_CONFIGMAP = "syndicate-orders";
/** Secret in our namespace with one kubeconfig for each peer. */
export const PEERS_SECRET = "syndicate-peers";
/** ServiceAccount in our namespace by which other clusters read this one. */
export const PEER_ACCOUNT = "syndicate-peer";
/** Lease in our namespace held by the active sync process. */
export const LEASE = "syndicate-sync";
/** kubeconfig cluster extension in which a peer's pod CIDRs are given. */
export const KUBECONFIG_EXTENSION = "syndicate.vmware.com";

/** Label keys never copied to a replica: they make GitOps tools and Helm adopt or prune the copy. */
export const LABELS_NOT_COPIED: readonly string[] = [
  "app.kubernetes.io/instance",
  "app.kubernetes.io/managed-by",
  "argocd.argoproj.io/instance",
  "helm.sh/chart",
  "heritage",
  "release",
  "kustomize.toolkit.fluxcd.io/name",
  "kustomize.toolkit.fluxcd.io/namespace",
  "helm.toolkit.fluxcd.io/name",
  "helm.toolkit.fluxcd.io/namespace",
];

/**
 * Field managers of commands with which a person edits a live object. They leave `last-applied-configuration` as it is,
 * so that annotation alone would make `kubectl annotate` look like an apply. Names: kubectl's `--field-manager` defaults.
 */
export const EDITING_MANAGERS: ReadonlySet<string> = new Set([
  "kubectl-annotate",
  "kubectl-edit",
  "kubectl-patch",
  PLUGIN_FIELD_MANAGER,
]);

/**
 * Field managers of tools that merge a rendered manifest into the live object and leave no mark of it: Helm 3 sends a patch
 * without `last-applied-configuration` (its CLI names itself `helm`, Flux's controller `helm-controller`).
 */
export const APPLYING_MANAGERS: ReadonlySet<string> = new Set(["helm", "helm-controller"]);
