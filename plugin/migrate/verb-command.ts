/** The commands that go on, back, or leave a move as it stands, as they are offered. Pure. */
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import type { Session } from "../clusters/session.ts";
import type { GlobalOptions } from "../options.ts";
import { shellWord } from "../shell-word.ts";
import type { Move } from "./move.ts";

/** The words to type on this machine; elsewhere the contexts may have other names. */
export function verbCommand(
  verb: "resume" | "rollback" | "abort",
  { namespace, name }: ServiceKey,
  sessions: readonly Session[],
  { kubeconfig }: Pick<GlobalOptions, "kubeconfig">,
): string {
  const contexts = sessions.map(({ status }) => status.context).join(",");
  return `kubectl syndicate migrate ${verb} ${name} -n ${namespace} --contexts ${shellWord(contexts)}${fileFlag(kubeconfig)}`;
}

/** The move that brings a Service back once it has moved, in words to type on this machine. */
export function wayBackCommand(
  { key, from, to }: Pick<Move, "key" | "from" | "to">,
  sessions: readonly Session[],
  { kubeconfig }: Pick<GlobalOptions, "kubeconfig">,
): string {
  const contextOf = (name: string) => sessions.find(({ status }) => status.name === name)?.status.context ?? name;
  const ends = `--from ${shellWord(contextOf(to))} --to ${shellWord(contextOf(from))}`;
  const others = sessions.filter(({ status }) => status.name !== to && status.name !== from);
  const beside = others.map(({ status }) => status.context).join(",");
  const contexts = beside === "" ? "" : ` --contexts ${shellWord(beside)}`;
  return `kubectl syndicate migrate ${key.name} -n ${key.namespace} ${ends}${contexts}${fileFlag(kubeconfig)}`;
}

function fileFlag(kubeconfig: string | undefined): string {
  return kubeconfig === undefined ? "" : ` --kubeconfig ${shellWord(kubeconfig)}`;
}
