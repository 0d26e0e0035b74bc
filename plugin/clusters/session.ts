/** Opens clusters by their contexts: client, identity, and what went wrong. One that fails does not stop the others. */
import { classifyError } from "../../shared/kube/api-error.ts";
import type { CallOptions } from "../../shared/kube/client.ts";
import { formatDuration } from "../duration.ts";
import { CliError } from "../exit.ts";
import type { Io } from "../io.ts";
import type { GlobalOptions } from "../options.ts";
import type { ClusterStatus } from "../status/model.ts";
import { type Access, connect } from "./connect.ts";
import { type Identity, isForbidden, readHeartbeat, readIdentity } from "./identity.ts";
import type { Kubeconfig } from "./kubeconfig.ts";

/** A cluster we tried to open. */
export interface Session {
  status: ClusterStatus;
  /** Absent if it could not be reached. */
  access?: Access;
  /** Absent if the sync process is not installed there, or we may not read what it says. */
  identity?: Identity;
}

/** Opens all contexts at once, in their order. */
export async function openSessions(
  config: Kubeconfig,
  contexts: readonly string[],
  options: GlobalOptions,
  { signal, now }: Pick<Io, "signal" | "now">,
): Promise<Session[]> {
  const call = { deadlineMs: options.deadlineMs, signal };
  const sessions = await Promise.all(contexts.map((context) => openSession(config, context, options, call, now)));
  checkNames(sessions);
  return sessions;
}

async function openSession(
  config: Kubeconfig,
  context: string,
  { as, asGroup }: GlobalOptions,
  call: CallOptions,
  now: () => number,
): Promise<Session> {
  const known = { name: context, context, server: "", reachable: false, installed: false };
  let access: Access;
  try {
    access = await connect(config, context, { as, asGroup });
  } catch (error) {
    return { status: { ...known, problem: `no credentials: ${describeProblem(error)}` } };
  }
  const reached = { ...known, server: access.server, reachable: true };
  try {
    const identity = await readIdentity(access.client, call);
    if (!identity) return { status: { ...reached, problem: "syndicate is not installed here" }, access };
    const { clusterName, version } = identity;
    const problem = await findSilence(access, call, now());
    const status = { ...reached, name: clusterName, installed: true, version, ...(problem ? { problem } : {}) };
    return { status, access, identity };
  } catch (error) {
    if (isForbidden(error)) {
      return {
        status: { ...reached, problem: "you may not read which cluster this is, it is shown by its context" },
        access,
      };
    }
    return { status: { ...reached, reachable: false, problem: describeProblem(error) } };
  }
}

/** Four lease durations of the sync process: clocks of machines that are further apart than that have other troubles too. */
const SILENCE_MS = 60_000;

/** A sync process that has stopped renewing its Lease, as a text; undefined if all is well or cannot be told. */
async function findSilence({ client }: Access, call: CallOptions, now: number): Promise<string | undefined> {
  const heartbeat = await readHeartbeat(client, call).catch(() => undefined);
  const silence = heartbeat ? now - Date.parse(heartbeat.renewed) : Number.NaN;
  if (!(silence > SILENCE_MS)) return undefined;
  return `its sync process has given no sign of life for ${formatDuration(silence)}: nothing changes here`;
}

/** What a failed call means to the user, without the path that was asked. */
export function describeProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.message.replace(/^\S+ \/\S*: /, "");
  const kind = classifyError(error);
  if (kind === "unavailable") return `no answer: ${text}`;
  return kind === "unauthorized" ? `credentials refused: ${text}` : text;
}

/** Two contexts of one cluster would judge it against itself. */
function checkNames(sessions: readonly Session[]): void {
  for (const [name, same] of Map.groupBy(sessions, ({ status }) => status.name)) {
    if (same.length < 2) continue;
    const contexts = same.map(({ status }) => status.context).join(" and ");
    throw new CliError(`contexts ${contexts} both lead to the cluster ${name}; name one of them in --contexts`);
  }
}

/** Ends all connections. */
export async function closeSessions(sessions: readonly Session[]): Promise<void> {
  await Promise.all(sessions.map(({ access }) => access?.client.close()));
}
