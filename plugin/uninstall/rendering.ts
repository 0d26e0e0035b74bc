/** What `uninstall` says before it begins. */
import type { Paint } from "../render/paint.ts";
import { type Handover, serviceId } from "./handover.ts";

const WORDS = {
  restore: "gets its selector back",
  clean: "loses our annotations and copies",
  delete: "is a replica and is deleted",
};

/** Every Service that is touched, and every obstacle. */
export function renderHandovers(handovers: readonly Handover[], obstacles: readonly string[], paint: Paint): string[] {
  const { fail } = paint.signs;
  return [
    ...handovers.map(({ service, kind }) => `  ${serviceId(service)} ${WORDS[kind]}`),
    ...obstacles.map((text) => `  ${paint.bad(fail)} ${text}`),
  ];
}
