/** `kubectl syndicate link PEER`. */
import type { CallOptions } from "../../shared/kube/client.ts";
import { findContext, type Kubeconfig, mergeKubeconfigs, readKubeconfigFiles } from "../clusters/kubeconfig.ts";
import { chooseTarget } from "../clusters/look.ts";
import { closeSessions, openSessions, type Session } from "../clusters/session.ts";
import type { Values } from "../command-line.ts";
import { CliError, EXIT, type ExitCode } from "../exit.ts";
import { type Io, tell } from "../io.ts";
import { durationOf, listOf, readGlobalOptions, textOf } from "../options.ts";
import { shellWord } from "../shell-word.ts";
import { findAuthority, readAuthority } from "./authority.ts";
import { chooseWanted, decideLink, type LinkDecision, type Wanted } from "./decision.ts";
import { describeEnd, type End } from "./ends.ts";
import { readPeerFiles } from "./peers-secret.ts";
import { probePeer } from "./probe.ts";
import { carryOutLink, type Work } from "./work.ts";

/** What the user wants, for one direction. */
interface Direction {
  here: End;
  peer: End;
  /** URL by which pods of `here` reach `peer`. */
  address: string | undefined;
  authorityFile: string | undefined;
  podCIDRs: readonly string[];
}

/** Links the current cluster to a peer, with `--mutual` both ways; exit 4 if that is refused. */
export async function runLink(values: Values, io: Io): Promise<ExitCode> {
  const options = readGlobalOptions(values);
  const config = mergeKubeconfigs(readKubeconfigFiles(io.env, options.kubeconfig));
  const context = chooseTarget(config, textOf(values, "context"));
  const peerContext = findContext(config, textOf(values, "peer") ?? "").name;
  if (context === peerContext)
    throw new CliError(`context ${context} cannot be linked to itself; name the other end with --context`);
  const sessions = await openSessions(config, [context, peerContext], options, io);
  const call = { deadlineMs: options.deadlineMs, signal: io.signal };
  try {
    const directions = await findDirections(sessions, values, call);
    const decided: Decided[] = [];
    for (const direction of directions) decided.push(await decideOne(direction, config, values, call));
    const refusals = decided.flatMap(({ decision }) => (decision.kind === "refuse" ? [decision.because] : []));
    if (refusals.length)
      throw new CliError(`refused, nothing was written: ${refusals.join("; ")}`, { code: EXIT.refused });
    for (const one of decided) await carryOut(one, values, call, io);
    const contexts = `${context},${peerContext}`;
    tell(
      io,
      `next:  kubectl syndicate links --contexts ${shellWord(contexts)}; kubectl syndicate check --contexts ${shellWord(contexts)}`,
    );
    return EXIT.done;
  } finally {
    await closeSessions(sessions);
  }
}

async function findDirections(sessions: readonly Session[], values: Values, call: CallOptions): Promise<Direction[]> {
  const [hereSession, peerSession] = sessions;
  if (!hereSession || !peerSession) throw new Error("two sessions were asked for");
  const [here, peer] = await Promise.all([
    describeEnd(hereSession, undefined, call),
    describeEnd(peerSession, textOf(values, "name"), call),
  ]);
  const there = {
    here,
    peer,
    address: textOf(values, "address"),
    authorityFile: textOf(values, "authority"),
    podCIDRs: listOf(textOf(values, "pod-cidr")),
  };
  const back = {
    here: peer,
    peer: here,
    address: textOf(values, "own-address"),
    authorityFile: undefined,
    podCIDRs: [],
  };
  return values["mutual"] ? [there, back] : [there];
}

/** A direction, and what is to be done for it. */
interface Decided {
  direction: Direction;
  decision: LinkDecision;
  wanted: Wanted;
  /** Token of the file that is there. */
  token: string | undefined;
  usual: string | undefined;
}

async function decideOne(
  direction: Direction,
  config: Kubeconfig,
  values: Values,
  call: CallOptions,
): Promise<Decided> {
  const { here, peer, address, authorityFile, podCIDRs } = direction;
  const stored = await readPeerFiles(here.client, call);
  const probes = [...stored.files].map(([name, text]) => probePeer(name, text, call.deadlineMs ?? 0));
  const files = await Promise.all(probes);
  const existing = files.find(({ name }) => name === peer.name);
  const authority = authorityFile === undefined ? undefined : readAuthority(authorityFile);
  const usual = await findAuthority(config, peer.context, peer.client, call);
  const wanted = chooseWanted({ address, authority, podCIDRs }, existing, peer, usual);
  const decision = decideLink(here, peer, files, wanted, values["rotate"] === true);
  const token = existing?.credentials?.token;
  return { direction, decision, wanted, token: typeof token === "string" ? token : undefined, usual };
}

async function carryOut(
  { direction: { here, peer }, decision, wanted, token, usual }: Decided,
  values: Values,
  call: CallOptions,
  io: Io,
): Promise<void> {
  if (decision.kind !== "write") {
    io.stdout.write(`${here.name} reads ${peer.name}: unchanged\n`);
    return;
  }
  const work: Work = {
    here,
    peer,
    wanted,
    token: decision.token === "same" ? token : undefined,
    because: decision.because,
    wish: {
      kind: textOf(values, "credential") === "request" ? "request" : "secret",
      reader: here.name,
      seconds: Math.round(durationOf(values, "duration") / 1000),
    },
    usual,
    rotate: values["rotate"] === true,
    graceMs: durationOf(values, "grace"),
    dryRun: textOf(values, "dry-run") ?? "none",
    deadlineMs: call.deadlineMs ?? 0,
  };
  await carryOutLink(work, io);
}
