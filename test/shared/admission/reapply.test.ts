import assert from "node:assert/strict";
import { test } from "node:test";
import { mutate } from "../../../shared/admission/mutate.ts";
import { validate } from "../../../shared/admission/validate.ts";
import type { IntentCopy } from "../../../shared/intent.ts";
import { LAST_APPLIED, MODE, PLUGIN_FIELD_MANAGER } from "../../../shared/keys.ts";
import type { ManagedFieldsEntry, Service } from "../../../shared/kube/objects.ts";
import { mutated, mutatedObject } from "./patched-object.ts";
import { annotated, following, NOW, type RequestParts, service, situation, stripped } from "./situations.ts";

const lastApplied = (mode: string) => JSON.stringify({ metadata: { name: "web", annotations: { [MODE]: mode } } });
const moved = stripped({ [LAST_APPLIED]: lastApplied("source") });
const undone = annotated(moved, MODE, "source");
const owner = (manager: string, operation: string): ManagedFieldsEntry => ({
  manager,
  operation,
  fieldsV1: { "f:metadata": { "f:annotations": { [`f:${MODE}`]: {} } } },
});
const ownedBy = (base: Service, manager: string) => ({
  ...base,
  metadata: { ...base.metadata, managedFields: [owner(manager, "Update")] },
});
const appliedByServer = { ...undone, metadata: { ...undone.metadata, managedFields: [owner("flux", "Apply")] } };

const rows: [name: string, parts: RequestParts, isReapply: boolean][] = [
  [
    "kubectl apply of the manifest from before the move",
    { object: undone, fieldManager: "kubectl-client-side-apply" },
    true,
  ],
  ["an apply whose caller names no field manager", { object: undone }, true],
  ["server-side apply of the old mode", { object: appliedByServer, fieldManager: "flux" }, true],
  ["helm, which leaves no mark but its name", { object: ownedBy(undone, "helm"), fieldManager: "helm" }, true],
  ["kubectl annotate, though a manifest carries the mode", { object: undone, fieldManager: "kubectl-annotate" }, false],
  ["kubectl edit", { object: undone, fieldManager: "kubectl-edit" }, false],
  ["kubectl patch", { object: undone, fieldManager: "kubectl-patch" }, false],
  ["our plugin", { object: undone, fieldManager: PLUGIN_FIELD_MANAGER }, false],
  [
    "a manifest in which the mode has just been written",
    {
      object: annotated(undone, LAST_APPLIED, lastApplied("source")),
      oldObject: stripped({ [LAST_APPLIED]: lastApplied("receiver") }),
    },
    false,
  ],
  ["a mode this Service never declared", { object: annotated(moved, MODE, "union") }, false],
  ["a damaged manifest annotation", { object: annotated(undone, LAST_APPLIED, "{") }, false],
  [
    "an update that owns the mode, beside no manifest",
    {
      object: annotated(
        { ...undone, metadata: { ...undone.metadata, managedFields: [owner("curl", "Update")] } },
        LAST_APPLIED,
        undefined,
      ),
    },
    false,
  ],
];

for (const [name, parts, isReapply] of rows) {
  test(`${name}: ${isReapply ? "put back" : "a declaration"}`, () => {
    const before = situation({ oldObject: moved, ...parts });
    const after = mutatedObject(before);
    assert.equal(
      after.metadata.annotations?.[MODE],
      isReapply ? "receiver" : parts.object?.metadata.annotations?.[MODE],
    );
    assert.equal(/does not undo a move/.test(mutate(before).warnings.join()), isReapply);
    assert.deepEqual(mutate(mutated(before)).patch, []);
  });
}

test("a mode that was removed stays removed", () => {
  const none: IntentCopy = { mode: "none", at: "a", time: NOW - 1, declared: ["source"] };
  const old = service({ annotations: following(undefined, none, { [LAST_APPLIED]: lastApplied("source") }) });
  const before = situation({ object: annotated(old, MODE, "source"), oldObject: old });
  assert.deepEqual(mutatedObject(before), old);
  assert.match(mutate(before).warnings.join(), /stays absent/);
});

test("the rest of a re-applied manifest passes", () => {
  const object = { ...undone, spec: { ...undone.spec, ports: [{ port: 81 }] } };
  assert.deepEqual(mutatedObject(situation({ object, oldObject: moved })).spec.ports, [{ port: 81 }]);
});

const tidied = annotated(
  annotated(moved, MODE, undefined),
  LAST_APPLIED,
  JSON.stringify({ metadata: { name: "web" } }),
);

const droppings: [name: string, parts: RequestParts, isKept: boolean][] = [
  ["a manifest that dropped the mode after the move", { fieldManager: "kubectl-client-side-apply" }, true],
  ["the same by a caller that names no field manager", {}, true],
  [
    "a chart that dropped it",
    {
      fieldManager: "helm",
      object: annotated(tidied, LAST_APPLIED, undefined),
      oldObject: annotated(moved, LAST_APPLIED, undefined),
    },
    true,
  ],
  ["kubectl edit of both", { fieldManager: "kubectl-edit" }, false],
  ["a mode removed beside a manifest that has it", { object: annotated(moved, MODE, undefined) }, false],
  ["what was applied is not known any more", { object: annotated(tidied, LAST_APPLIED, undefined) }, false],
  ["a manifest that never had a mode", { oldObject: annotated(moved, LAST_APPLIED, "{}") }, false],
];

for (const [name, parts, isKept] of droppings) {
  test(`${name}: ${isKept ? "the mode stays, the rest passes" : "refused"}`, () => {
    const base = parts.object ?? tidied;
    const object = { ...base, spec: { ...base.spec, ports: [{ port: 81 }] } };
    const before = situation({ oldObject: moved, ...parts, object });
    const after = mutatedObject(before);
    assert.equal(after.metadata.annotations?.[MODE], isKept ? "receiver" : undefined);
    assert.deepEqual(after.spec.ports, [{ port: 81 }]);
    assert.equal(validate(mutated(before)).violations.length, isKept ? 0 : 1);
    assert.equal(/stays "receiver": it cannot be removed/.test(mutate(before).warnings.join()), isKept);
    assert.deepEqual(mutate(mutated(before)).patch, []);
  });
}

test("a manifest that drops a mode which may go takes it away", () => {
  const intent: IntentCopy = { mode: "source", at: "a", time: NOW - 1, declared: ["source"] };
  const old = service({ annotations: following("source", intent, { [LAST_APPLIED]: lastApplied("source") }) });
  const object = annotated(annotated(old, MODE, undefined), LAST_APPLIED, "{}");
  assert.equal(mutatedObject(situation({ object, oldObject: old })).metadata.annotations?.[MODE], undefined);
});
