import type { Move } from "../../plugin/migrate/move.ts";

/** A move of `shop/web` as a user asks for it. */
export const unionMove: Move = {
  key: { namespace: "shop", name: "web" },
  from: "east",
  to: "west",
  strategy: "union",
  minReady: "3",
  adopt: false,
  holdMs: 0,
  ticket: {
    id: "m-one",
    started: 1_700_000_000_000,
    revision: 0,
    by: "ana",
    from: { name: "east", uid: "uid-east" },
    to: { name: "west", uid: "uid-west" },
  },
};

/** The same back again. */
export const backMove: Move = {
  ...unionMove,
  from: "west",
  to: "east",
  ticket: {
    ...unionMove.ticket,
    id: "m-back",
    started: 1_700_000_900_000,
    from: unionMove.ticket.to,
    to: unionMove.ticket.from,
  },
};
