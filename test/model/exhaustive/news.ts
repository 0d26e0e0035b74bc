/** What a step in one cluster brings to the sync process of the other one. */
import { type Draft, LISTED, OVERTAKEN, PEER_NATIVES, PEER_SERVICES, PENDING, READ, STALE } from "./draft.ts";
import { TupleTable } from "./tuples.ts";
import type { Watches } from "./watches.ts";

/** New Services, new slices, and that what a pass under way was judged by is not so any more. */
export const NEW_SERVICES = 1;
export const NEW_NATIVES = 2;
export const OVERTAKES = 3;

/** All news of one step after the other, by number; 0 is none. */
export class News {
  /** The news before, of which kind the last one is, and the set it tells of. */
  readonly #table = new TupleTable(3);

  constructor() {
    this.#table.intern([0, 0, 0]);
  }

  /** Adds to the news of the step under way. */
  tell(draft: Draft, kind: number, set = 0): void {
    draft.news = this.#table.intern([draft.news, kind, set]);
  }

  /** They are on their way to the process of `cluster`, which hears nothing of the other one while it is not connected. */
  deliver(news: number, draft: Draft, cluster: number, watches: Watches): void {
    if (news === 0) return;
    this.deliver(this.#table.at(news, 0), draft, cluster, watches);
    const process = draft.process(cluster);
    const [kind, set] = [this.#table.at(news, 1), this.#table.at(news, 2)];
    if (kind === OVERTAKES) {
      if (process[PENDING] !== 0 || process[STALE] !== 0) process[OVERTAKEN] = 1;
    } else if (process[LISTED] === READ) {
      const place = kind === NEW_SERVICES ? PEER_SERVICES : PEER_NATIVES;
      process[place] = watches.push(process[place] as number, set);
    }
  }
}
