/** The commands that go on, back, or leave a move as it stands, as they are offered. Pure. */
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import type { Session } from "../clusters/session.ts";
import type { GlobalOptions } from "../options.ts";

/** The words to type on this machine; elsewhere the contexts may have other names. */
export function verbCommand(
  verb: "resume" | "rollback" | "abort",
  { namespace, name }: ServiceKey,
  sessions: readonly Session[],
  { kubeconfig }: Pick<GlobalOptions, "kubeconfig">,
): string {
  const contexts = sessions.map(({ status }) => status.context).join(",");
  const file = kubeconfig === undefined ? "" : ` --kubeconfig ${kubeconfig}`;
  return `kubectl syndicate migrate ${verb} ${name} -n ${namespace} --contexts ${contexts}${file}`;
}
