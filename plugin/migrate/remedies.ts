/** What a person can do about something a move waits for, as a command. Pure. */
import { MODE, SELECTOR, SYSTEM_NAMESPACE } from "../../shared/keys.ts";
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import type { HoldReason } from "../../shared/protocol/write.ts";
import { shellWord } from "../shell-word.ts";
import type { Wait } from "./situation.ts";

export interface RemedyGround {
  key: ServiceKey;
  /** The context that leads to a cluster; the name itself where none is known. */
  contextOf(cluster: string): string;
}

interface About extends ServiceKey {
  context: string;
  message: string;
}

const annotateWith = ({ context, name, namespace }: About, value: string) =>
  `kubectl --context ${context} annotate service ${name} -n ${namespace} --overwrite ${value}`;
const show = ({ context, name, namespace }: About, flags: string) =>
  `kubectl --context ${context} get service ${name} -n ${namespace} -o yaml${flags}`;
const syncLog = ({ context }: About) =>
  `kubectl --context ${context} logs -n ${SYSTEM_NAMESPACE} deployment/syndicate -c sync`;
const status = ({ name, namespace }: About) => `kubectl syndicate status ${name} -n ${namespace}`;

/** By the reason of the hold; undefined: it comes by itself. */
const REMEDIES: Readonly<Record<HoldReason, (about: About) => string | undefined>> = {
  NoSelector: (about) => annotateWith(about, `${SELECTOR}='{"app":"${about.name}"}'`),
  PortConflict: (about) => show(about, ""),
  Contended: (about) => show(about, " --show-managed-fields"),
  Orphaned: (about) => annotateWith(about, `${MODE}=source`),
  Conflict: status,
  Quarantined: syncLog,
  AddressRefused: syncLog,
  TooManyDeletions: syncLog,
  HostnameConflict: (about) => lookForPods(about),
  PeerUnreachable: syncLog,
  NamespaceMissing: ({ context, namespace }) => `kubectl --context ${context} create namespace ${namespace}`,
  Holding: (about) => (/ has \d+ of \d+ ready endpoints/.test(about.message) ? lookForPods(about) : undefined),
};

/** `west has 1 of 3 ready endpoints` is about the pods of west, whoever says it. */
function lookForPods({ context, namespace }: About): string {
  return `kubectl --context ${context} get pods -n ${namespace} -o wide`;
}

/** The command that helps with a wait; undefined if nothing is to be done but wait. */
export function findRemedy({ cluster, message, reason }: Wait, { key, contextOf }: RemedyGround): string | undefined {
  if (!reason) return undefined;
  const missing = /(\S+) has \d+ of \d+ ready endpoints/.exec(message)?.[1];
  return REMEDIES[reason]({ ...key, context: shellWord(contextOf(missing ?? cluster)), message });
}
