/** Since when and until when credentials are good, as far as they say so themselves. */

import { X509Certificate } from "node:crypto";
import type { ClusterCredentials } from "./credentials.ts";

/** Milliseconds since 1970; what is absent is not said. */
export interface CredentialLife {
  issuedAt?: number;
  endsAt?: number;
}

/** The token's `iat` and `exp` (RFC 7519) and the client certificate's validity; of both, the earlier. */
export function readCredentialLife({ token, cert }: ClusterCredentials): CredentialLife {
  const lives = [typeof token === "string" ? tokenLife(token) : {}, cert === undefined ? {} : certificateLife(cert)];
  const issuedAt = earliest(lives.map((life) => life.issuedAt));
  const endsAt = earliest(lives.map((life) => life.endsAt));
  return { ...(issuedAt === undefined ? {} : { issuedAt }), ...(endsAt === undefined ? {} : { endsAt }) };
}

function earliest(times: readonly unknown[]): number | undefined {
  const known = times.filter((time) => typeof time === "number" && Number.isFinite(time)) as number[];
  return known.length > 0 ? Math.min(...known) : undefined;
}

function certificateLife(cert: string): CredentialLife {
  const { validFromDate, validToDate } = new X509Certificate(cert);
  return { issuedAt: validFromDate.getTime(), endsAt: validToDate.getTime() };
}

/** Tokens that are no JWT, such as those of a static file, say nothing; one of a Secret has no end and no beginning. */
function tokenLife(token: string): CredentialLife {
  try {
    const claims = JSON.parse(Buffer.from(token.split(".")[1] ?? "", "base64url").toString("utf8")) as {
      iat?: unknown;
      exp?: unknown;
    };
    return { issuedAt: Number(claims.iat) * 1000, endsAt: Number(claims.exp) * 1000 };
  } catch {
    return {};
  }
}
