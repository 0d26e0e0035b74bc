/** Step: our copies follow their sources, additions before removals. */
import type { EndpointSlice } from "../../kube/objects.ts";
import { hasSelector } from "../../selector.ts";
import { type Context, copiesUsable, nativeKnown, retiresShadow, shadowCovered } from "../context.ts";
import { contribution, nativeSlices, ourCopies } from "../contribution.ts";
import { desiredCopies, desiredOwnCopies, equalCopies, sourceOf } from "../copies.ts";
import { capLosses, hasVanished } from "../losses.ts";
import { takeover } from "../readiness.ts";
import type { Snapshot } from "../snapshot.ts";
import { hasUsable, isSubset, isUsable, usableAddresses, usableSet } from "../usable.ts";
import { type Hold, removeObject, type Step, type Write } from "../write.ts";
import { type NamedCopies, reuseNames } from "./copy-names.ts";

/** The copies wanted in the own cluster, and what keeps the superfluous ones. */
export interface WantedCopies extends NamedCopies {
  /** Sources whose copies go although they may still contribute. */
  dropped: Set<string>;
  holds: Hold[];
  recheckMs?: number;
}

/** Every copy wanted now, source by source. An unreadable source, or one not written yet, is frozen as it is. */
export function wantCopies(context: Context): WantedCopies {
  const { own, desire } = context;
  const existing = new Set(ourCopies(own).map((slice) => sourceOf(slice) ?? ""));
  const wanted: WantedCopies = { slices: [], reused: new Set(), dropped: new Set(), holds: [] };
  for (const source of new Set([...desire.sources, ...existing])) {
    if (source === own.name) wantOwn(context, wanted);
    else if (desire.sources.has(source)) wanted.slices.push(...wantPeer(context, source));
    else wantLegacy(context, source, wanted);
  }
  keepCapped(context, wanted);
  return { ...wanted, ...reuseNames(wanted.slices, ourCopies(own), wanted.dropped) };
}

/** Past the cap on deletions, copies of what vanished in peers stay as they are. */
function keepCapped({ snapshot, own }: Context, wanted: WantedCopies): void {
  const kept = new Set(wanted.slices.map((slice) => slice.metadata.name));
  const lost = ourCopies(own).filter(
    (slice) => !kept.has(slice.metadata.name) && !wanted.dropped.has(sourceOf(slice) ?? "") && isLoss(snapshot, slice),
  );
  const capped = lost.length > 0 ? capLosses(snapshot) : undefined;
  if (!capped) return;
  wanted.slices.push(...lost);
  wanted.holds.push(...capped.holds);
}

/** True if the copy's source has no such Service any more: the copy goes with it, by nobody's word. */
function isLoss({ clusters }: Snapshot, copy: EndpointSlice): boolean {
  return hasVanished(clusters.get(sourceOf(copy) ?? ""));
}

/** Copies of the own shadow: as long as it is needed. A shadow lost in a union is about to come back. */
function wantOwn(context: Context, wanted: WantedCopies): void {
  const { own, service, desire } = context;
  const existing = ourCopies(own, own.name);
  if (!own.shadow) {
    if (desire.sources.has(own.name)) wanted.slices.push(...existing);
    else wanted.dropped.add(own.name);
  } else if (retiresShadow(context) && shadowCovered(context)) {
    wanted.dropped.add(own.name);
  } else {
    const filled = nativeSlices(own.shadowSlices).length > 0;
    wanted.slices.push(...(filled ? desiredOwnCopies(service, own) : existing));
  }
}

function wantPeer(context: Context, source: string): EndpointSlice[] {
  const { snapshot, own, service, role } = context;
  const view = snapshot.clusters.get(source);
  if (!view?.listed) return ourCopies(own, source);
  const { slices, known } = contribution(view);
  // In a union a participant without selector and shadow is about to get its shadow (back).
  const pending = role.kind === "union" && view.service && !hasSelector(view.service) && !view.shadow;
  if (!known || (pending && slices.length === 0)) return ourCopies(own, source);
  return desiredCopies(service, view, slices);
}

/** Copies that the winning intent does not ask for: kept up to date until the condition to drop them holds. */
function wantLegacy(context: Context, source: string, wanted: WantedCopies): void {
  const { snapshot, own } = context;
  if (!snapshot.clusters.get(source)?.listed) {
    wanted.slices.push(...ourCopies(own, source));
    wanted.holds.push({
      reason: "PeerUnreachable",
      message: `copies of ${source} are kept as they are: it cannot be read`,
    });
    return;
  }
  const because = keepsLegacy(context, source);
  if (because === undefined) {
    wanted.dropped.add(source);
    return;
  }
  const kept = wantPeer(context, source);
  wanted.slices.push(...kept);
  if (kept.length === 0 || context.desire.legacy === "follow") return;
  wanted.holds.push({ reason: "Holding", message: `keeps the endpoints of ${source}: ${because.text}` });
  if (because.recheckMs !== undefined) wanted.recheckMs = because.recheckMs;
}

/** Why legacy copies of `source` stay; undefined if they may go. */
function keepsLegacy(context: Context, source: string): { text: string; recheckMs?: number } | undefined {
  const { desire, intent, snapshot, own } = context;
  if (desire.legacy === "follow") return { text: "nothing is decided here" };
  if (desire.legacy === "covered") {
    const covered = [...desire.sources].some((source) => copiesUsable(context, source));
    return covered ? undefined : { text: `no endpoint of ${[...desire.sources].join(", ")} can take a request yet` };
  }
  if (desire.legacy === "native") {
    if (!nativeKnown(context)) return { text: "the own pods are not in service yet" };
    // Singular asks for the own pods alone; who takes a mode away asks for nothing that could cost the last endpoint.
    const alone = context.role.kind === "origin" && !hasUsable(nativeSlices(own.slices), context.service);
    return alone && copiesUsable(context, source) ? { text: "no own pod can take a request" } : undefined;
  }
  if (!intent) return undefined;
  const readiness = takeover(snapshot, own, intent);
  if (readiness.ready) return undefined;
  return { text: readiness.because, ...(readiness.recheckMs === undefined ? {} : { recheckMs: readiness.recheckMs }) };
}

/**
 * The context as it is once this pass has brought the copies up to date: what it is about to remove, or to mark unready, counts
 * no more, and what it is about to add not yet. A selector or frozen slices that go in the same pass are judged by this.
 */
export function settleCopies(context: Context, wanted: WantedCopies): Context {
  const { own } = context;
  const existing = new Map(ourCopies(own).map((slice) => [slice.metadata.name, slice]));
  const lasting = wanted.slices.flatMap((slice) => {
    const before = existing.get(slice.metadata.name);
    if (!before) return [];
    const usable = new Set((before.endpoints ?? []).filter(isUsable).map(({ addresses }) => addresses[0]));
    return [{ ...slice, endpoints: (slice.endpoints ?? []).filter(({ addresses }) => usable.has(addresses[0])) }];
  });
  const others = own.slices.filter((slice) => sourceOf(slice) === undefined);
  return { ...context, own: { ...own, slices: [...others, ...lasting] } };
}

/** Writes that turn the existing copies into the wanted ones. Those that take a source's last usable endpoint are judged live. */
export function stepCopies(context: Context, wanted: WantedCopies): Step {
  const { own, service } = context;
  const existing = new Map(ourCopies(own).map((slice) => [slice.metadata.name, slice]));
  const kept = new Set(wanted.slices.map((slice) => slice.metadata.name));
  const additions: Write[] = [];
  // A name that stood for another slice gives its endpoints away: the copy that has them from now on comes first.
  const losses: Write[] = [];
  for (const slice of wanted.slices) {
    const found = existing.get(slice.metadata.name);
    if (!found) additions.push({ ...writeOf(slice), verb: "create", body: slice });
    else if (!equalCopies(found, slice)) {
      const loses = !isSubset(usableSet([found], service), usableSet([slice], service));
      const live = wanted.reused.has(slice.metadata.name) || (loses && isDisputed(context, wanted, found));
      (loses ? losses : additions).push(updateOf(found, slice, live));
    }
  }
  const removals = [...existing.values()]
    .filter((slice) => !kept.has(slice.metadata.name))
    .map((slice) => removeCopy(context, slice, wanted.dropped));
  const writes = [...additions, ...losses, ...removals];
  const live = losses.length > 0 && silencesSource(context, [...existing.values()], wanted);
  return {
    writes: live ? writes.map((write) => ({ ...write, live })) : writes,
    holds: wanted.holds,
    ...(wanted.recheckMs === undefined ? {} : { recheckMs: wanted.recheckMs }),
  };
}

/**
 * True if the last usable endpoint of a source goes. Those of the others may be gone as well and not be known to be, and a pod
 * that is unready for a moment is ready again when all has arrived.
 */
function silencesSource({ service }: Context, existing: readonly EndpointSlice[], wanted: WantedCopies): boolean {
  return [...new Set(existing.map(sourceOf))].some(
    (source) => hasUsable(copiesOf(source, existing), service) && !hasUsable(copiesOf(source, wanted.slices), service),
  );
}

function writeOf(copy: EndpointSlice) {
  return { resource: "endpointslices", name: copy.metadata.name, reason: `copy of ${sourceOf(copy)}` } as const;
}

/** `live`: the loss is disputed, or the name stood for another copy, which goes with that as in a removal. */
function updateOf(existing: EndpointSlice, desired: EndpointSlice, live: boolean): Write {
  return { ...writeOf(desired), ...(live ? { live } : {}), verb: "update", body: updated(existing, desired) };
}

/**
 * True if an address goes that a native slice of the source calls usable. Services and slices come by separate watches, so what
 * counts of them may have been put together from a Service of today and slices of yesterday, or the other way round.
 */
function isDisputed({ snapshot }: Context, wanted: WantedCopies, existing: EndpointSlice): boolean {
  const source = sourceOf(existing) ?? "";
  const { slices = [], shadowSlices = [] } = snapshot.clusters.get(source) ?? {};
  const said = usableAddresses(nativeSlices([...slices, ...shadowSlices]));
  const offered = usableAddresses(copiesOf(source, wanted.slices));
  return [...usableAddresses([existing])].some((ip) => said.has(ip) && !offered.has(ip));
}

function copiesOf(source: string | undefined, slices: readonly EndpointSlice[]): EndpointSlice[] {
  return slices.filter((slice) => sourceOf(slice) === source);
}

/**
 * Always judged live: Services and slices of a peer come by separate watches, so a slice may seem not to be contributed only
 * because the other watch lags behind.
 */
function removeCopy({ snapshot }: Context, slice: EndpointSlice, dropped: ReadonlySet<string>): Write {
  const source = sourceOf(slice) ?? "";
  if (snapshot.clusters.get(source)?.forgotten) {
    return removeObject("endpointslices", slice, `${source} is forgotten here`, { live: true, event: "PeerForgotten" });
  }
  if (dropped.has(source)) {
    return removeObject("endpointslices", slice, `the endpoints of ${source} are not needed here any more`, {
      live: true,
    });
  }
  const loss = isLoss(snapshot, slice) ? ({ loss: true } as const) : {};
  return removeObject("endpointslices", slice, `${source} no longer contributes it`, { live: true, ...loss });
}

/** The desired copy as a replacement of the existing one; fails on the server if that changed meanwhile. */
function updated(existing: EndpointSlice, desired: EndpointSlice): EndpointSlice {
  const { resourceVersion } = existing.metadata;
  return {
    ...desired,
    metadata: { ...desired.metadata, ...(resourceVersion === undefined ? {} : { resourceVersion }) },
  };
}
