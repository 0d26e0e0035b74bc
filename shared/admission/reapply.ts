/**
 * Recognises a manifest that is applied again. Git must not undo a migration: a manifest that still carries the mode
 * from before a move is not a new wish.
 */
import { APPLYING_MANAGERS, EDITING_MANAGERS, LAST_APPLIED, MODE } from "../keys.ts";
import { annotation, type ManagedFieldsEntry, type Service } from "../kube/objects.ts";
import { parseMode } from "../mode.ts";
import { ownsMode } from "../protocol/declaration.ts";
import { judgeTransition } from "../transitions.ts";
import { type Change, intentCopy, modeOf, modeText } from "./request.ts";

/**
 * True if a mode that must not be removed goes because a manifest does not carry it any more: `last-applied-configuration` had one
 * before and has none now, or a tool that only ever applies takes it away. That is somebody tidying up after a move, and no reason to refuse the rest of the manifest.
 */
export function isDropped({ object, old, request }: Change): boolean {
  if (!old || modeText(object) !== undefined || judgeTransition(modeOf(old), "absent").legal) return false;
  const { fieldManager = "" } = request;
  // These take away what their own manifest has lost, and nothing else.
  if (APPLYING_MANAGERS.has(fieldManager)) return true;
  if (EDITING_MANAGERS.has(fieldManager) || annotation(object, LAST_APPLIED) === undefined) return false;
  return lastAppliedMode(old) !== undefined && lastAppliedMode(object) === undefined;
}

/**
 * True if the changed mode comes from an apply of a manifest and this very Service declared that mode once before
 * (`declared` in its intent copy). Marks of an apply: a server-side apply owns the mode now; a tool that only ever applies
 * wrote it; or kubectl's `last-applied-configuration` carries this mode before and after and the caller
 * is not an editing command.
 */
export function isReapply({ object, old, request }: Change): boolean {
  const mode = parseMode(modeText(object));
  if (!old || !mode || !intentCopy(old)?.declared?.includes(mode)) return false;
  if (appliedByServer(object) || appliedByTool(object)) return true;
  if (EDITING_MANAGERS.has(request.fieldManager ?? "")) return false;
  return lastAppliedMode(old) === mode && lastAppliedMode(object) === mode;
}

/**
 * True if a server-side apply owns the mode. managedFields are up to date when admission runs, and whoever changes a
 * value takes it from every other owner; so if the mode changed in this request, an Apply entry that owns it wrote it.
 */
function appliedByServer(object: Service): boolean {
  return ownersOfMode(object).some(({ operation }) => operation === "Apply");
}

/**
 * True if a tool that only merges manifests wrote the mode. Whether its manifest has changed cannot be told: API servers
 * may take managedFields off the old object before they ask (1.20 does), so nobody knows whose value was replaced.
 */
function appliedByTool(object: Service): boolean {
  return ownersOfMode(object).some(({ manager = "" }) => APPLYING_MANAGERS.has(manager));
}

function ownersOfMode(service: Service): ManagedFieldsEntry[] {
  return (service.metadata.managedFields ?? []).filter(({ fieldsV1 }) => ownsMode(fieldsV1));
}

/** The mode in the manifest that `kubectl apply` applied last; undefined if none, or not readable. */
function lastAppliedMode(service: Service): unknown {
  const text = annotation(service, LAST_APPLIED);
  if (text === undefined) return undefined;
  try {
    return child(child(child(JSON.parse(text), "metadata"), "annotations"), MODE);
  } catch {
    return undefined;
  }
}

function child(value: unknown, key: string): unknown {
  if (typeof value !== "object" || value === null || !Object.hasOwn(value, key)) return undefined;
  return (value as Record<string, unknown>)[key];
}
