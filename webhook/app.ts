/** The HTTP face of the webhook: routes, limits and status codes. Opens no port. */

import express, { type ErrorRequestHandler, type Express, type RequestHandler } from "express";
import type { Logger } from "pino";
import type { AdmissionSettings } from "../shared/admission/request.ts";
import type { AskAdvice } from "./advice.ts";
import { createDecider, type Path } from "./decision.ts";
import type { Metrics, Outcome } from "./metrics.ts";
import { BadReview, type DecodedReview, decodeReview, errored } from "./review.ts";

/**
 * Largest body, in bytes: a review carries two objects of at most 3 MB (etcd's and the API server's limit) and 1 MB of
 * frame. The same sum as in sigs.k8s.io/controller-runtime, pkg/webhook/admission/http.go. Beyond: 413.
 */
export const MAX_BODY_BYTES = 7 * 1024 * 1024;

export interface AppDeps {
  settings: AdmissionSettings;
  askAdvice: AskAdvice;
  /** Milliseconds since 1970. */
  now: () => number;
  metrics: Metrics;
  log: Logger;
  /** Why the webhook should get no new calls; undefined if all is well. */
  whyUnready: () => string | undefined;
}

/**
 * `POST /mutate` and `/validate` (AdmissionReview v1), `GET /healthz`, `/readyz`, `/metrics`. Never redirects: API
 * servers follow redirects of webhooks (CVE-2020-8561). Bad input gets a 4xx, a failure of ours a 500 review.
 */
export function createApp(deps: AppDeps): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.enable("strict routing");
  // No inflating: a small body must not become a large one. API servers do not compress.
  const readJson = express.json({ limit: MAX_BODY_BYTES, inflate: false, type: "application/json" });
  for (const path of ["mutate", "validate"] as const) {
    app.post(`/${path}`, readJson, reviewHandler(path, deps));
    app.all(`/${path}`, (_request, response) => {
      response.set("Allow", "POST").status(405).json({ error: "only POST" });
    });
  }
  app.get("/healthz", (_request, response) => void response.json({ status: "ok" }));
  app.get("/readyz", (_request, response) => {
    const reason = deps.whyUnready();
    response.status(reason === undefined ? 200 : 503).json({ status: reason ?? "ok" });
  });
  app.get("/metrics", async (_request, response) => {
    response.type(deps.metrics.registry.contentType).send(await deps.metrics.registry.metrics());
  });
  app.use((_request, response) => void response.status(404).json({ error: "no such path" }));
  app.use(bodyErrorHandler(deps));
  return app;
}

/** Decode, decide, answer; every way out of a review route but the body reader's. */
function reviewHandler(path: Path, deps: AppDeps): RequestHandler {
  const decide = createDecider(path, deps);
  return async (request, response) => {
    const start = performance.now();
    const finish = (outcome: Outcome) => deps.metrics.observeRequest(path, outcome, (performance.now() - start) / 1000);
    let decoded: DecodedReview;
    try {
      if (request.body === undefined) {
        finish("bad");
        response.status(415).json({ error: "the body must be application/json" });
        return;
      }
      decoded = decodeReview(request.body);
    } catch (error) {
      if (!(error instanceof BadReview)) throw error;
      finish("bad");
      deps.log.warn({ path, reason: error.message }, "not an AdmissionReview");
      response.status(400).json({ error: error.message });
      return;
    }
    try {
      const { review, outcome } = await decide(decoded);
      finish(outcome);
      response.json(review);
    } catch (error) {
      finish("error");
      deps.log.error({ path, uid: decoded.uid, err: error }, "decision failed");
      response.status(500).json(errored(decoded.uid));
    }
  };
}

/**
 * Errors of the body reader carry a status and a type. Their messages may quote the body, which may hold secrets in
 * annotations, so only the type is passed on. Whatever else gets here is our bug.
 */
function bodyErrorHandler({ log }: AppDeps): ErrorRequestHandler {
  return (error: { status?: unknown; type?: unknown }, request, response, _next) => {
    const status = typeof error.status === "number" && error.status >= 400 && error.status < 500 ? error.status : 500;
    const type = typeof error.type === "string" ? error.type : "internal error";
    if (status === 500) log.error({ path: request.path, err: error }, "request failed");
    else log.warn({ path: request.path, status, type }, "body refused");
    if (!response.headersSent) response.status(status).json({ error: type });
  };
}
