import assert from "node:assert/strict";
import { test } from "node:test";
import { chooseWanted, decideLink, type LinkDecision, type Wanted } from "../../../plugin/link/decision.ts";
import { renderPeerKubeconfig, tokenEnd } from "../../../plugin/link/kubeconfig.ts";
import type { ProbedPeer } from "../../../plugin/link/probe.ts";
import { parsePlainKubeconfig } from "../../../shared/kube/kubeconfig.ts";

const here = { name: "east", uid: "uid-east" };
const peer = { name: "west", uid: "uid-west", server: "https://west.example", podCIDRs: ["10.2.0.0/16"] };
const wanted: Wanted = { server: "https://west.example", authority: undefined, podCIDRs: ["10.2.0.0/16"] };

/** A file that reads west. */
function file(changes: Partial<ProbedPeer> = {}): ProbedPeer {
  const { server, podCIDRs } = wanted;
  const credentials = { server, podCIDRs, token: "t" };
  return { name: "west", server, podCIDRs, credential: "token", state: "ok", uid: "uid-west", credentials, ...changes };
}

const decisions: [string, readonly ProbedPeer[], Partial<Wanted>, boolean, LinkDecision["kind"], string?][] = [
  ["the first time", [], {}, false, "write", "new"],
  ["again", [file()], {}, false, "keep"],
  ["a token not reachable from here is taken for good", [file({ state: "unknown" })], {}, false, "keep"],
  ["rotation", [file()], {}, true, "write", "new"],
  ["a token that is refused", [file({ state: "refused", problem: "no" })], {}, false, "write", "new"],
  ["a client certificate", [file({ credential: "certificate" })], {}, false, "write", "new"],
  ["another address keeps the token", [file()], { server: "https://10.0.0.2:6443" }, false, "write", "same"],
  ["other pod networks too", [file()], { podCIDRs: [] }, false, "write", "same"],
  ["another authority too", [file()], { authority: "PEM" }, false, "write", "same"],
  ["the name means another cluster", [file({ uid: "uid-other" })], {}, false, "refuse"],
  ["the cluster is known by another name", [file({ name: "old" })], {}, false, "refuse"],
];

for (const [name, files, changes, rotate, kind, token] of decisions) {
  test(`link: ${name}`, () => {
    const decision = decideLink(here, peer, files, { ...wanted, ...changes }, rotate);
    assert.equal(decision.kind, kind);
    if (decision.kind === "write") assert.equal(decision.token, token);
  });
}

test("link: two contexts of one cluster, two clusters of one name", () => {
  const twin = decideLink(here, { ...peer, uid: here.uid }, [], wanted, false);
  assert.match(twin.kind === "refuse" ? twin.because : "", /both contexts lead to/);
  const namesake = decideLink(here, { ...peer, name: "east" }, [], wanted, false);
  assert.match(namesake.kind === "refuse" ? namesake.because : "", /both clusters are called east/);
});

const nothing = { address: undefined, authority: undefined, podCIDRs: [] };
const inner = file({
  credentials: { server: "https://10.0.0.2", caData: "INNER", podCIDRs: ["10.9.0.0/16"], token: "t" },
});

const wishes: [string, Parameters<typeof chooseWanted>, Wanted][] = [
  [
    "the first time it is what the user's kubeconfig has",
    [nothing, undefined, peer, "USUAL"],
    { server: peer.server, authority: "USUAL", podCIDRs: peer.podCIDRs },
  ],
  [
    "an address named once stays, with its authority",
    [nothing, inner, { ...peer, podCIDRs: [] }, "USUAL"],
    { server: "https://10.0.0.2", authority: "INNER", podCIDRs: ["10.9.0.0/16"] },
  ],
  [
    "what is named wins",
    [{ address: "https://x/", authority: "NEW", podCIDRs: ["10.3.0.0/16"] }, inner, peer, "USUAL"],
    { server: "https://x", authority: "NEW", podCIDRs: ["10.3.0.0/16"] },
  ],
];

for (const [name, input, expected] of wishes) {
  test(`link wants: ${name}`, () => assert.deepEqual(chooseWanted(...input), expected));
}

test("the file is what sync accepts, and nothing else can be written", () => {
  const entry = { name: "west", server: "https://west.example:6443", token: "t", podCIDRs: ["10.2.0.0/16"] };
  const read = parsePlainKubeconfig(renderPeerKubeconfig(entry), "west");
  assert.deepEqual([read.server, read.token, read.podCIDRs], [entry.server, "t", entry.podCIDRs]);
  assert.throws(() => renderPeerKubeconfig({ ...entry, server: "http://west.example" }), /must begin with https/);
  assert.throws(() => renderPeerKubeconfig({ ...entry, podCIDRs: ["10.2"] }), /must be a network/);
  assert.throws(() => renderPeerKubeconfig({ ...entry, authority: "no PEM" }), /must be PEM/);
});

test("when a token ends", () => {
  const jwt = (claims: object) => `x.${Buffer.from(JSON.stringify(claims)).toString("base64url")}.y`;
  assert.equal(tokenEnd(jwt({ exp: 1_700_000_000 })), 1_700_000_000_000);
  assert.equal(tokenEnd(jwt({ sub: "x" })), undefined);
  assert.equal(tokenEnd("opaque"), undefined);
});
