/** The HTTP face of the webhook: routes and status codes. Opens no port. */

import type { RequestListener } from "node:http";
import express, { type ErrorRequestHandler, type Express } from "express";
import { createBodyReader } from "./body.ts";
import type { DeciderDeps } from "./decision.ts";
import { createReviewRoute, type ReviewRoute } from "./review-route.ts";

export interface AppDeps extends DeciderDeps {
  /** Why the webhook should get no new calls; undefined if all is well. */
  whyUnready: () => string | undefined;
}

/**
 * `POST /mutate` and `/validate` (AdmissionReview v1), `GET /healthz`, `/readyz`, `/metrics`. Never redirects: API
 * servers follow redirects of webhooks (CVE-2020-8561). Bad input gets a 4xx, a failure of ours a 500 review.
 *
 * Reviews are taken before Express sees them: every write to a Service waits for two of them, and the router with its body
 * reader took more time than all the rest (docs/benchmarks.md).
 */
export function createApp(deps: AppDeps): RequestListener {
  const bodies = createBodyReader();
  const reviews = new Map<string, ReviewRoute>(
    (["mutate", "validate"] as const).map((path) => [`/${path}`, createReviewRoute(path, deps, bodies)]),
  );
  const others = createOthers(deps, [...reviews.keys()]);
  return (request, response) => {
    const route = request.method === "POST" ? reviews.get(pathOf(request.url)) : undefined;
    if (route) route(request, response);
    else others(request, response);
  };
}

/** API servers add `?timeout=3s`. */
function pathOf(url = ""): string {
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}

function createOthers({ whyUnready, metrics, log }: AppDeps, reviewPaths: readonly string[]): Express {
  const app = express();
  app.disable("x-powered-by");
  app.disable("etag");
  app.enable("strict routing");
  app.enable("case sensitive routing");
  for (const path of reviewPaths) {
    app.all(path, (_request, response) => {
      response.set("Allow", "POST").status(405).json({ error: "only POST" });
    });
  }
  app.get("/healthz", (_request, response) => void response.json({ status: "ok" }));
  app.get("/readyz", (_request, response) => {
    const reason = whyUnready();
    response.status(reason === undefined ? 200 : 503).json({ status: reason ?? "ok" });
  });
  app.get("/metrics", async (_request, response) => {
    response.type(metrics.registry.contentType).send(await metrics.registry.metrics());
  });
  app.use((_request, response) => void response.status(404).json({ error: "no such path" }));
  const onError: ErrorRequestHandler = (error: { status?: unknown }, request, response, _next) => {
    const clean = typeof error.status === "number" && error.status >= 400 && error.status < 500;
    if (!clean) log.error({ path: request.path, err: error }, "request failed");
    if (!response.headersSent) response.status(clean ? Number(error.status) : 500).json({ error: "request failed" });
  };
  app.use(onError);
  return app;
}
