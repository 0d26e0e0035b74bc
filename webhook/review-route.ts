/** One review route: body in, answer out, and every way to fail with its status. */

import type { IncomingMessage, ServerResponse } from "node:http";
import { BadBody, type BodyReader } from "./body.ts";
import { createDecider, type DeciderDeps, type Path } from "./decision.ts";
import type { Outcome } from "./metrics.ts";
import { BadReview, type DecodedReview, decodeReview, errored } from "./review.ts";

/** Answers POST requests on `/mutate` or `/validate`: a review, a 4xx for bad input, a review with 500 for a failure of ours. */
export type ReviewRoute = (request: IncomingMessage, response: ServerResponse) => void;

/** The route of `path`; `bodies` is shared by all of them. */
export function createReviewRoute(path: Path, deps: DeciderDeps, bodies: BodyReader): ReviewRoute {
  const { metrics, log } = deps;
  const decide = createDecider(path, deps);
  const answer = async (body: unknown, response: ServerResponse): Promise<void> => {
    const start = performance.now();
    const finish = (outcome: Outcome) => metrics.observeRequest(path, outcome, (performance.now() - start) / 1000);
    let uid = "";
    try {
      const decoded = decode(body);
      if (decoded instanceof Error) {
        finish("bad");
        const status = decoded instanceof BadBody ? decoded.status : 400;
        log.warn({ path, status, reason: decoded.message }, "refused");
        return sendJson(response, status, { error: decoded.message });
      }
      uid = decoded.uid;
      const { review, outcome } = await decide(decoded);
      finish(outcome);
      sendJson(response, 200, review);
    } catch (error) {
      // Whatever gets here is our bug.
      finish("error");
      log.error({ path, uid, err: error }, "decision failed");
      if (!response.headersSent) sendJson(response, 500, errored(uid));
    }
  };
  return (request, response) => bodies.read(request, (body) => answer(body, response));
}

/** The review in a parsed body, or why there is none. */
function decode(body: unknown): DecodedReview | BadBody | BadReview {
  if (body instanceof BadBody) return body;
  try {
    return decodeReview(body);
  } catch (error) {
    if (error instanceof BadReview) return error;
    throw error;
  }
}

function sendJson(response: ServerResponse, status: number, value: object): void {
  const text = JSON.stringify(value);
  const headers = { "content-type": "application/json; charset=utf-8", "content-length": Buffer.byteLength(text) };
  response.writeHead(status, headers).end(text);
}
