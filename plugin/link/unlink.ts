/** `kubectl syndicate unlink PEER`. */
import { SYSTEM_NAMESPACE, TOKEN_OF } from "../../shared/keys.ts";
import type { CallOptions } from "../../shared/kube/client.ts";
import type { EndpointSlice, Service } from "../../shared/kube/objects.ts";
import { endpointSlices, services } from "../../shared/kube/resources.ts";
import { type Kubeconfig, mergeKubeconfigs, readKubeconfigFiles } from "../clusters/kubeconfig.ts";
import { chooseTarget } from "../clusters/look.ts";
import { closeSessions, openSessions, type Session } from "../clusters/session.ts";
import type { Values } from "../command-line.ts";
import { consent } from "../consent.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { readGlobalOptions, textOf } from "../options.ts";
import { type Dependent, findDependents } from "./dependents.ts";
import { describeEnd, type End } from "./ends.ts";
import { dropKnownPeer, readKnownPeers } from "./known-peers.ts";
import { readPeerFiles, writePeerFile } from "./peers-secret.ts";
import { endTokens, listTokens } from "./token.ts";

/** One direction: `here` shall not read the peer any more. */
interface Parting {
  here: End;
  /** Name of the peer's file. */
  peer: string;
  /** Absent if no context leads there, or it does not answer. */
  end: End | undefined;
}

/** Takes a peer's kubeconfig away and ends its token; exit 4 if Services depend on it. */
export async function runUnlink(values: Values, io: Io): Promise<ExitCode> {
  const options = readGlobalOptions(values);
  const config = mergeKubeconfigs(readKubeconfigFiles(io.env, options.kubeconfig));
  const context = chooseTarget(config, textOf(values, "context"));
  const word = textOf(values, "peer") ?? "";
  const beside = config.contexts.some(({ name }) => name === word) && word !== context ? [word] : [];
  const sessions = await openSessions(config, [context, ...beside], options, io);
  const call = { deadlineMs: options.deadlineMs, signal: io.signal };
  try {
    const partings = await findPartings(sessions, word, values["mutual"] === true, call);
    const refused = await approve(partings, values, call, io);
    if (refused !== undefined) return refused;
    for (const parting of partings) await part(parting, config, call, io);
    return EXIT.done;
  } finally {
    await closeSessions(sessions);
  }
}

async function findPartings(
  [hereSession, peerSession]: readonly Session[],
  word: string,
  mutual: boolean,
  call: CallOptions,
): Promise<Parting[]> {
  if (!hereSession) throw new Error("a session was asked for");
  const here = await describeEnd(hereSession, undefined, call);
  const end = peerSession ? await describeEnd(peerSession, undefined, call).catch(() => undefined) : undefined;
  const [{ files }, remembered] = await Promise.all([
    readPeerFiles(here.client, call),
    readKnownPeers(here.client, call),
  ]);
  // One whose file somebody removed by hand is a peer still.
  const peers = new Set([...files.keys(), ...remembered]);
  const peer = end && peers.has(end.name) ? end.name : word;
  if (!peers.has(peer)) {
    const known = [...peers].join(", ") || "no other cluster";
    throw new CliError(`${here.name} reads ${known}, not ${peer}`, { next: "kubectl syndicate links" });
  }
  if (!mutual) return [{ here, peer, end }];
  if (!end) throw new CliError(`--mutual needs the context of ${peer}, and it to answer`);
  return [
    { here, peer, end },
    { here: end, peer: here.name, end: here },
  ];
}

async function approve(
  partings: readonly Parting[],
  values: Values,
  call: CallOptions,
  io: Io,
): Promise<ExitCode | undefined> {
  const lists = await Promise.all(
    partings.map(async (parting) => ({ ...parting, found: await readDependents(parting, call) })),
  );
  for (const { here, found } of lists)
    tell(io, ...found.map(({ service, because }) => `  ${here.name}: ${service} ${because}`));
  const count = lists.reduce((sum, { found }) => sum + found.length, 0);
  if (count > 0 && !values["force"]) {
    const text = `refused, nothing was written: ${count} Service(s) depend on it; what is known of them would stay for ever as it is`;
    throw new CliError(text, {
      code: EXIT.refused,
      next: "kubectl syndicate set singular SERVICE, or migrate it; or --force",
    });
  }
  const [first] = partings;
  const what = partings.map(({ here, peer }) => `${here.name} will not read ${peer} any more`).join(", ");
  if (textOf(values, "dry-run") !== "none") {
    io.stdout.write(`${what}; nothing was sent\n`);
    return EXIT.done;
  }
  return consent(first?.peer ?? "", what, values["yes"] === true, io);
}

async function readDependents({ here, peer }: Parting, call: CallOptions): Promise<Dependent[]> {
  const [serviceList, sliceList] = await Promise.all([
    here.client.list<Service>(services.all, call),
    here.client.list<EndpointSlice>(endpointSlices.all, call),
  ]);
  return findDependents(peer, serviceList.items, sliceList.items);
}

async function part({ here, peer, end }: Parting, config: Kubeconfig, call: CallOptions, io: Io): Promise<void> {
  const options = { deadlineMs: call.deadlineMs ?? 0 };
  const stored = await readPeerFiles(here.client, call);
  if (stored.files.has(peer)) {
    await writePeerFile(here.client, stored, peer, undefined, options);
    io.stdout.write(`${here.name}: kubeconfig of ${peer} removed\n`);
  } else tell(io, `${here.name} does not read ${peer}`);
  // After the file, or sync would take it for one that it has not met yet.
  await dropKnownPeer(here.client, peer, options);
  if (!end) {
    const known = config.contexts.map(({ name }) => name).join(", ");
    tell(
      io,
      `note: ${peer} was not asked (contexts: ${known}); the token that ${here.name} read it with is still good there:`,
      `      kubectl delete secrets -n ${SYSTEM_NAMESPACE} -l ${TOKEN_OF}=${here.name}`,
    );
  } else {
    const tokens = await listTokens(end.client, here.name, options);
    await endTokens(end.client, tokens, options);
    if (tokens.length) io.stdout.write(`${end.name}: ended ${tokens.join(" ")}\n`);
  }
  tell(
    io,
    `note: once the file has gone from its Pod, in a minute or so, sync in ${here.name} waits for ${peer} no more,`,
  );
  tell(io, `      neither for it to answer nor for its clients to follow a move: kubectl syndicate links`);
}
