/** Carries a link out: account, token, proof, file, and the end of tokens that were replaced. */
import { SYSTEM_NAMESPACE } from "../../shared/keys.ts";
import { sleep } from "../../shared/kube/clock.ts";
import { parsePlainKubeconfig } from "../../shared/kube/kubeconfig.ts";
import { formatDuration } from "../duration.ts";
import { CliError, stopCode } from "../exit.ts";
import type { Io } from "../io.ts";
import { shellWord } from "../shell-word.ts";
import { ensurePeerAccess } from "./access.ts";
import type { Wanted } from "./decision.ts";
import type { End } from "./ends.ts";
import { renderPeerKubeconfig, tokenEnd } from "./kubeconfig.ts";
import { readPeerFiles, writePeerFile } from "./peers-secret.ts";
import { tryReading } from "./probe.ts";
import { endTokens, listTokens, makeToken, type Token, type TokenWish } from "./token.ts";

export interface Work {
  here: End;
  peer: End;
  wanted: Wanted;
  /** The token to keep; undefined: make one. */
  token: string | undefined;
  because: string;
  wish: TokenWish;
  /** Authority by which the user's own kubeconfig knows the peer. */
  usual: string | undefined;
  rotate: boolean;
  graceMs: number;
  dryRun: string;
  deadlineMs: number;
}

/** Time for a new role to be known to the API server. */
const PROOF_MS = 10_000;
const LOOK_EVERY_MS = 300;

/** Says each step on stdout. Rejects with `ApiError` or `CliError`; what was made before stays and is used by the next attempt. */
export async function carryOutLink(work: Work, io: Io): Promise<void> {
  const { here, peer, because, dryRun, deadlineMs } = work;
  const say = (text: string) => io.stdout.write(`${text}\n`);
  if (dryRun !== "none") {
    const token = work.token === undefined ? "a new token" : "the token it has";
    say(
      `${here.name} would get a kubeconfig of ${peer.name} (${because}) with ${token}, ${work.wanted.server}; nothing was sent`,
    );
    return;
  }
  const options = { deadlineMs };
  // The other direction may have taken minutes since it was decided.
  const stored = await readPeerFiles(here.client, options);
  const made = await ensurePeerAccess(peer.client, options);
  if (made.length) say(`${peer.name}: made ${made.join(", ")}`);
  const before = await listTokens(peer.client, here.name, options);
  const token: Token =
    work.token === undefined
      ? await makeToken(peer.client, work.wish, { deadlineMs, clock: io.clock, signal: io.signal })
      : { text: work.token };
  if (token.secret) say(`${peer.name}: token in Secret ${SYSTEM_NAMESPACE}/${token.secret}`);
  const end = tokenEnd(token.text);
  if (end !== undefined) say(`${peer.name}: the token ends on ${new Date(end).toISOString()}; link again before`);
  await prove(work, token.text, io);
  const entry = { name: peer.name, ...work.wanted, token: token.text };
  await writePeerFile(here.client, stored, peer.name, renderPeerKubeconfig(entry), options);
  say(`${here.name} reads ${peer.name}: kubeconfig written (${because}), ${work.wanted.server}`);
  if (work.rotate) await retire(work, before, io);
}

/** Tries the token where the user's own kubeconfig leads; whether pods reach another address cannot be told from here. */
async function prove({ peer, wanted, usual, deadlineMs }: Work, token: string, io: Io): Promise<void> {
  const { server } = peer;
  const authority = wanted.server === server ? wanted.authority : usual;
  const text = renderPeerKubeconfig({ name: peer.name, server, authority, podCIDRs: [], token });
  const credentials = parsePlainKubeconfig(text, peer.name);
  const until = io.clock.now() + PROOF_MS;
  for (;;) {
    const { state, problem, uid } = await tryReading(peer.name, credentials, deadlineMs);
    if (state === "ok" && uid === peer.uid) return;
    if (state === "ok") throw new CliError(`${server} leads to another cluster (${uid}) than context ${peer.context}`);
    if (io.signal.aborted) {
      throw new CliError("stopped; the new kubeconfig was not written, the same command goes on", {
        code: stopCode(io),
      });
    }
    if (io.clock.now() >= until || state === "unknown") {
      throw new CliError(`the new kubeconfig does not work, so it was not written: ${problem} (${server})`, {
        next: "kubectl syndicate link --help, about --address and --authority",
      });
    }
    await sleep(io.clock, LOOK_EVERY_MS, io.signal);
  }
}

/** Kubernetes brings the new file into the Pod within about a minute, and sync takes it up within seconds. */
async function retire({ here, peer, graceMs, deadlineMs }: Work, old: readonly string[], io: Io): Promise<void> {
  if (old.length === 0) return;
  const names = old.join(" ");
  const command = `kubectl --context ${shellWord(peer.context)} delete secret -n ${SYSTEM_NAMESPACE} ${names}`;
  if (graceMs > 0) {
    io.stderr.write(`waiting ${formatDuration(graceMs)} for sync in ${here.name} to use the new token (--grace)\n`);
    await sleep(io.clock, graceMs, io.signal);
  }
  if (graceMs === 0 || io.signal.aborted) {
    io.stdout.write(`${peer.name}: the old token is still good; end it later with: ${command}\n`);
    return;
  }
  await endTokens(peer.client, old, { deadlineMs });
  io.stdout.write(`${peer.name}: ended ${names}\n`);
}
