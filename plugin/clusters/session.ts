/** Opens clusters by their contexts: client, identity, and what went wrong. One that fails does not stop the others. */

import type { Identity } from "../../shared/identity.ts";
import type { CallOptions } from "../../shared/kube/client.ts";
import type { Exchange } from "../../shared/kube/transport.ts";
import { formatDuration } from "../duration.ts";
import { CliError } from "../exit.ts";
import type { Io } from "../io.ts";
import type { GlobalOptions } from "../options.ts";
import type { ClusterStatus } from "../status/model.ts";
import { type Access, type ConnectOptions, connect } from "./connect.ts";
import { isForbidden, readHeartbeat, readIdentity } from "./identity.ts";
import type { Kubeconfig } from "./kubeconfig.ts";
import { applyOverrides } from "./overrides.ts";
import { describeProblem } from "./problem.ts";
import { createWarningSink } from "./server-warnings.ts";

/** As kubectl: `-v=6` tells URL, status and duration. */
const LOG_REQUESTS = 6;

/** A cluster we tried to open. */
export interface Session {
  status: ClusterStatus;
  /** Absent if it could not be reached. */
  access?: Access;
  /** Absent if the sync process is not installed there, or we may not read what it says. */
  identity?: Identity;
}

/** What opening clusters needs of the world. */
export type SessionIo = Pick<Io, "signal" | "now" | "env" | "canAsk" | "stderr">;

/** Opens all contexts at once, in their order. Rejects with `CliError` if two lead to one cluster. */
export async function openSessions(
  config: Kubeconfig,
  contexts: readonly string[],
  options: GlobalOptions,
  io: SessionIo,
): Promise<Session[]> {
  const sessions = await openEach(config, contexts, options, io);
  checkNames(sessions);
  return sessions;
}

/** The same, for callers that tell clusters apart by their uids. */
export async function openEach(
  config: Kubeconfig,
  contexts: readonly string[],
  options: GlobalOptions,
  io: SessionIo,
): Promise<Session[]> {
  const used = applyOverrides(config, contexts, options.overrides);
  return Promise.all(contexts.map((context) => openSession(used, context, options, io)));
}

async function openSession(
  config: Kubeconfig,
  context: string,
  options: GlobalOptions,
  io: SessionIo,
): Promise<Session> {
  const call = { deadlineMs: options.deadlineMs, signal: io.signal };
  const known = { name: context, context, server: "", reachable: false, installed: false };
  let access: Access;
  try {
    access = await connect(config, context, connectOptions(options, io));
  } catch (error) {
    return { status: { ...known, problem: describeProblem(error) } };
  }
  const reached = { ...known, server: access.server, reachable: true };
  try {
    // Together: each wait for an answer is felt, and connections are opened that the reads to come use.
    const [identity, silence] = await Promise.all([
      readIdentity(access.client, call),
      findSilence(access, call, io.now()),
    ]);
    if (!identity) return { status: { ...reached, problem: "syndicate is not installed here" }, access };
    const { clusterName, version } = identity;
    const problem = silence === undefined ? {} : { problem: silence };
    const status = { ...reached, name: clusterName, installed: true, version, ...problem };
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

function connectOptions(options: GlobalOptions, { env, canAsk, now, stderr }: SessionIo): ConnectOptions {
  const log = ({ cluster, method, url, status, ms }: Exchange) =>
    stderr.write(`${cluster}: ${method} ${url} ${status} in ${formatDuration(ms)}\n`);
  const onWarning = createWarningSink((line) => stderr.write(line), options.warningsAsErrors);
  const onExchange = options.verbosity >= LOG_REQUESTS ? log : undefined;
  return { impersonate: options.impersonate, env, canAsk, now, onWarning, onExchange };
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

/**
 * Leaves out what leads to a cluster that an earlier one leads to, by the uid that the cluster says of itself. Throws `CliError`
 * if two of the rest bear one name.
 */
export function withoutTwins(sessions: readonly Session[]): Session[] {
  const uidOf = ({ identity }: Session) => identity?.clusterUid;
  const distinct = sessions.filter((session, i) => {
    const uid = uidOf(session);
    return uid === undefined || sessions.findIndex((other) => uidOf(other) === uid) === i;
  });
  checkNames(distinct);
  return distinct;
}

/** Two contexts of one cluster would judge it against itself. */
function checkNames(sessions: readonly Session[]): void {
  for (const [name, same] of Map.groupBy(sessions, ({ status }) => status.name)) {
    if (same.length < 2) continue;
    const contexts = same.map(({ status }) => status.context).join(" and ");
    throw new CliError(`contexts ${contexts} lead to a cluster called ${name}: name one of them only`, {
      next: "kubectl syndicate check --context CONTEXT, for each: two clusters must not bear one name",
    });
  }
}

/** Ends all connections. */
export async function closeSessions(sessions: readonly Session[]): Promise<void> {
  await Promise.all(sessions.map(({ access }) => access?.client.close()));
}
