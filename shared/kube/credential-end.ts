/** When credentials end, as far as they say so themselves. */

import { X509Certificate } from "node:crypto";
import type { ClusterCredentials } from "./credentials.ts";

/** Milliseconds since 1970: the earlier of the token's `exp` (RFC 7519) and the client certificate's end; undefined if neither says. */
export function credentialsEnd({ token, cert }: ClusterCredentials): number | undefined {
  const ends = [typeof token === "string" ? tokenEnd(token) : undefined, cert && certificateEnd(cert)];
  const known = ends.filter((end) => typeof end === "number" && Number.isFinite(end)) as number[];
  return known.length > 0 ? Math.min(...known) : undefined;
}

function certificateEnd(cert: string): number {
  return new X509Certificate(cert).validToDate.getTime();
}

/** Tokens that are no JWT, such as those of a static file, say nothing. */
function tokenEnd(token: string): number | undefined {
  try {
    const { exp } = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as {
      exp?: unknown;
    };
    return typeof exp === "number" ? exp * 1000 : undefined;
  } catch {
    return undefined;
  }
}
