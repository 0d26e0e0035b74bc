/** What `set` says before it writes. */
import type { ServiceKey } from "../../shared/protocol/snapshot.ts";
import type { Paint } from "../render/paint.ts";
import { shellWord } from "../shell-word.ts";
import type { Judgement } from "./wish.ts";

/** Where the declaration is written. */
export interface Place {
  cluster: string;
  context: string;
  server: string;
}

/** The change, what it means, what takes it back, and every objection and warning. */
export function renderJudgement(key: ServiceKey, place: Place, judgement: Judgement, paint: Paint): string[] {
  const { from, to, means, undo, violations, warnings, removed, perhaps } = judgement;
  const { warn, fail, arrow } = paint.signs;
  const name = (mode: string) => (mode === "absent" ? "none" : mode);
  const back = `kubectl syndicate set ${undo} ${key.name} -n ${key.namespace} --context ${shellWord(place.context)}`;
  return [
    paint.bold(`${key.namespace}/${key.name} in ${place.cluster}: ${name(from)} ${arrow} ${name(to)}`),
    `  at    context ${place.context}, ${place.server}`,
    ...(means === undefined ? [] : [`  means ${means}`]),
    ...(removed.length
      ? [`  ${paint.warn(warn)} the replicas in ${removed.join(", ")} are deleted: clients there lose the Service`]
      : []),
    ...(perhaps.length
      ? [`  ${paint.warn(warn)} ${perhaps.join(", ")} cannot be read: a replica there is deleted too, sooner or later`]
      : []),
    ...warnings.map((text) => `  ${paint.warn(warn)} ${text}`),
    ...violations.flatMap(({ field, problem, next }) => [
      `  ${paint.bad(fail)} ${field}: ${problem}`,
      `      next: ${next}`,
    ]),
    ...(violations.length || from === to ? [] : [`  undo  ${back}`]),
  ];
}
