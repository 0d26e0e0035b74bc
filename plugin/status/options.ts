/** What one call of `status` asks for. */
import type { Values } from "../command-line.ts";
import { CliError } from "../exit.ts";
import { durationOf, textOf } from "../options.ts";
import { type Format, parseFormat } from "../output/format.ts";
import { parseWish, type Wish } from "./wish.ts";

export interface StatusOptions {
  service: string | undefined;
  /** Undefined: all namespaces. */
  namespace: string | undefined;
  /** Further flags of this call, for the command offered next. */
  contextFlags: string;
  color: string;
  format: Format;
  headers: boolean;
  labels: boolean;
  /** A path that every field of a template must be found by. */
  strict: boolean;
  labelSelector: string | undefined;
  sortBy: string | undefined;
  exitCode: boolean;
  ignoreMissing: boolean;
  watch: boolean;
  watchOnly: boolean;
  /** What to wait for. */
  wish: Wish | undefined;
  /** Milliseconds; 0: no limit. */
  timeoutMs: number;
}

/** Throws `CliError` for values that make no sense, alone or together. */
export function readStatusOptions(
  values: Values,
  place: Pick<StatusOptions, "contextFlags" | "color"> & { namespace: string },
): StatusOptions {
  const service = textOf(values, "service");
  const everywhere = values["all-namespaces"] === true;
  const labelSelector = textOf(values, "selector");
  if (everywhere && service !== undefined) throw new CliError("name a Service or use -A, not both");
  if (labelSelector !== undefined && service !== undefined) throw new CliError("name a Service or use -l, not both");
  const wanted = textOf(values, "for");
  return {
    ...place,
    namespace: everywhere ? undefined : place.namespace,
    service,
    format: parseFormat(textOf(values, "output"), textOf(values, "template")),
    headers: values["no-headers"] !== true,
    labels: values["show-labels"] === true,
    strict: values["allow-missing-template-keys"] === false,
    labelSelector,
    sortBy: textOf(values, "sort-by"),
    exitCode: values["exit-code"] === true,
    ignoreMissing: values["ignore-not-found"] === true,
    watch: values["watch"] === true || values["watch-only"] === true,
    watchOnly: values["watch-only"] === true,
    wish: wanted === undefined ? undefined : parseWish(wanted),
    timeoutMs: durationOf(values, "timeout"),
  };
}
