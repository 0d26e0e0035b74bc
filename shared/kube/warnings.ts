/** What servers warn of in their answers. */
import type { Dispatcher } from "undici";
import { ApiError, type Asked } from "./api-error.ts";

/**
 * Calls back for each text of the header. Kubernetes sends `299 - "text"` (RFC 7234 5.5), several in one header or in several.
 * What the callback throws becomes an `ApiError` with reason `Warning` and the status of the answer, which may be a good one:
 * it is the caller's own objection, no failure of the network that would pass.
 */
export function reportWarnings(
  asked: Asked,
  { headers, statusCode }: Pick<Dispatcher.ResponseData, "headers" | "statusCode">,
  onWarning: ((text: string) => void) | undefined,
): void {
  const header = headers["warning"];
  if (header === undefined || onWarning === undefined) return;
  for (const [, quoted = ""] of [header]
    .flat()
    .join(", ")
    .matchAll(/\d{3} \S+ "((?:[^"\\]|\\.)*)"/g)) {
    try {
      onWarning(quoted.replace(/\\(.)/g, "$1"));
    } catch (cause) {
      throw new ApiError({
        ...asked,
        status: statusCode,
        reason: "Warning",
        message: cause instanceof Error ? cause.message : String(cause),
        cause,
      });
    }
  }
}
