/** What a failed call means to the user, and whether it may succeed later. Pure. */
import { ApiError, classifyError } from "../../shared/kube/api-error.ts";

/** In words, without the path that was asked. */
export function describeProblem(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const text = error.message.replace(/^\S+ \/\S*: /, "");
  const unanswered = error instanceof ApiError && error.status === 0 && !isUnsent(error);
  if (unanswered) return text.startsWith("no answer") ? text : `no answer: ${text}`;
  return classifyError(error) === "unauthorized" ? `credentials refused: ${text}` : text;
}

/** An outage that is waited for. Who has no credentials any more has to log in again, which no waiting does. */
export function isPassing(error: unknown): boolean {
  return ["throttled", "unavailable", "gone"].includes(classifyError(error)) && !isUnsent(error);
}

/** False where the server has said no, or was never asked; else a write may have been made, in spite of the error. */
export function mayBeMade(error: unknown): boolean {
  // A good answer with a warning is an error to who wants it so.
  const accepted = error instanceof ApiError && error.status >= 200 && error.status < 300;
  return accepted || (classifyError(error) === "unavailable" && !isUnsent(error));
}

/** The credentials could not be had, so nothing was sent. */
function isUnsent(error: unknown): boolean {
  return error instanceof ApiError && error.reason === "Credentials";
}
