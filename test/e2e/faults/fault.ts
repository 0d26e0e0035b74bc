import type { Exchange } from "./exchange.ts";

/** Something that goes wrong between a client and a server. */
export interface Fault {
  /** Meets a request that comes while it lasts. */
  meet(exchange: Exchange): void | Promise<void>;
  /** Meets an answer that is under way when it begins: a watch. */
  strike(exchange: Exchange): void;
  /** What becomes of an exchange it has met, when it is over. */
  heal?(exchange: Exchange): void;
}

/** Every other request reaches the server although its answer never comes back: the client cannot know which. */
function reachesServer(exchange: Exchange): boolean {
  return exchange.number % 2 === 0;
}

/** A piece so small, and so seldom, that no answer is complete before its deadline. */
const DRIP = [16, 250] as const;

const RETRY_AFTER_SECONDS = 1;

const REASONS: Readonly<Record<number, string>> = { 410: "Expired", 429: "TooManyRequests", 500: "InternalError" };

function status(code: number): object {
  const reason = REASONS[code];
  return { kind: "Status", apiVersion: "v1", status: "Failure", reason, message: `injected ${reason}`, code };
}

/** Answered with an HTTP status. Open watches end: with an ERROR event for `410`, else in order. */
function refusal(code: number): Fault {
  const headers: Record<string, string> = code === 429 ? { "retry-after": `${RETRY_AFTER_SECONDS}` } : {};
  return {
    meet: (exchange) => exchange.answer(code, status(code), headers),
    strike: (exchange) => exchange.conclude(code === 410 ? EXPIRED : ""),
  };
}

/** The line by which a server tells a watch that its place is gone. */
export const EXPIRED = `${JSON.stringify({ type: "ERROR", object: status(410) })}\n`;

/** The faults a proxy can inject, by name. */
export const FAULTS = {
  /** Connections break (RST), some after the server has done what it was asked. */
  reset: {
    async meet(exchange) {
      if (reachesServer(exchange)) await exchange.send();
      exchange.reset();
    },
    strike: (exchange) => exchange.reset(),
  },
  /**
   * Nothing comes back and nobody is told. When it is over, whoever still uses an old connection learns that it is forgotten, as from a
   * NAT or firewall. (Cuts by which TCP connections survive are in `long/reflector.test.ts`, by dropped packets.)
   */
  "black hole": {
    async meet(exchange) {
      exchange.mute();
      if (reachesServer(exchange)) await exchange.send();
    },
    strike: (exchange) => exchange.mute(),
    heal: (exchange) => exchange.reset(),
  },
  /** Answers come so slowly that none is complete in time; open watches likewise. */
  "slow stream": {
    meet(exchange) {
      exchange.drip(...DRIP);
      void exchange.pass();
    },
    strike: (exchange) => exchange.drip(...DRIP),
    heal: (exchange) => exchange.flow(),
  },
  /** Answers and watches end in order in the middle of what they say. */
  "truncated line": {
    meet(exchange) {
      exchange.cut();
      void exchange.pass();
    },
    strike: (exchange) => exchange.cut(),
  },
  "410": refusal(410),
  "429": refusal(429),
  "500": refusal(500),
} as const satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS;

/** Requests are on their way when their server goes away for good: half of them were carried out, none is answered. */
export const LOST_ON_THE_WAY: Fault = {
  async meet(exchange) {
    if (reachesServer(exchange)) await exchange.send();
  },
  strike: () => undefined,
  heal: (exchange) => exchange.reset(),
};

/** Requests stay on their way until it is over, and reach the server then. */
export const DELAYED: Fault = {
  meet: () => undefined,
  strike: () => undefined,
  heal: (exchange) => void (exchange.sent ? undefined : exchange.pass()),
};
