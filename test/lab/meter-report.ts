/** Whom a meter calls: an address, or a Service resolved in its own cluster as CoreDNS would. */
export interface MeterTarget {
  /** IPv4 address, such as a cluster IP. Either this or `service`. */
  host?: string;
  service?: { namespace: string; name: string };
  /** With a headless service: only the pod with that hostname. */
  hostname?: string;
  port: number;
}

/** First line of a meter's file. */
export interface MeterHead {
  /** Milliseconds since the epoch; all times of the records count from here. */
  start: number;
  rate: number;
}

/** One request. Times are milliseconds since the meter's start. */
export interface MeterRecord {
  /** When it was due. */
  at: number;
  /** When it was sent. */
  sent: number;
  /** From due to answered or given up. */
  ms: number;
  /** The pod that answered, and its cluster. */
  pod?: string;
  cluster?: string;
  /** Instead of an answer: an error code such as ECONNREFUSED, ETIMEDOUT, ENOTFOUND, HTTP_503, BAD_ANSWER. */
  error?: string;
  /** With ETIMEDOUT: whether the connection stood and, of the first few, what the kernel's connection tracking says where it can be read. */
  connected?: boolean;
  flows?: string[];
}

/** Last line of a meter's file. */
export interface MeterTail {
  /** When the meter stopped sending, in milliseconds since its start. */
  end: number;
  /** How many requests were due until then. */
  promised: number;
}

/** What a meter measured. */
export interface MeterReport {
  /** Milliseconds since the epoch. */
  start: number;
  /** Requests a second that were promised. */
  rate: number;
  /** Requests that were due, sent, and due but never sent. Equal and 0 unless the meter itself was starved. */
  promised: number;
  sent: number;
  missed: number;
  /** Requests sent more than 100 ms after they were due. */
  late: number;
  failures: number;
  /** Answers by `cluster/pod`. */
  perPod: Record<string, number>;
  /** Failures by error code. */
  perError: Record<string, number>;
  /** Latency of the answered requests in milliseconds, from due to answered; 0 when there are none. */
  p50: number;
  p99: number;
  /** Every failed request, in the order they ended. */
  failed: MeterRecord[];
  /** Every request, in the order they ended. */
  records: MeterRecord[];
}

const LATE_MS = 100;

/** A meter's file in its parts. `tail` is absent while the meter runs. */
export interface MeterFile {
  head: MeterHead;
  records: MeterRecord[];
  tail?: MeterTail;
}

/** Parses a meter's file; a last line that is not complete yet is left out. Throws on anything else that is no record. */
export function parseRecords(text: string): MeterFile {
  const lines = text.slice(0, text.lastIndexOf("\n") + 1).split("\n");
  const parsed = lines.filter(Boolean).map((line) => JSON.parse(line) as MeterHead | MeterRecord | MeterTail);
  const file: MeterFile = { head: { start: 0, rate: 0 }, records: [] };
  for (const entry of parsed) {
    if ("at" in entry) file.records.push(entry);
    else if ("rate" in entry) file.head = entry;
    else file.tail = entry;
  }
  return file;
}

function count(keys: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

function percentile(sorted: number[], share: number): number {
  return sorted[Math.max(0, Math.ceil(sorted.length * share) - 1)] ?? 0;
}

/** Sums a meter's file up; while the meter runs, what was promised is what was sent. */
export function summarise({ head, records, tail }: MeterFile): MeterReport {
  const failed = records.filter((record) => record.error !== undefined);
  const answered = records.filter((record) => record.error === undefined);
  const latencies = answered.map((record) => record.ms).sort((a, b) => a - b);
  const promised = tail?.promised ?? records.length;
  return {
    ...head,
    promised,
    sent: records.length,
    missed: promised - records.length,
    late: records.filter((record) => record.sent - record.at > LATE_MS).length,
    failures: failed.length,
    perPod: count(answered.map((record) => `${record.cluster}/${record.pod}`)),
    perError: count(failed.map((record) => record.error ?? "")),
    p50: percentile(latencies, 0.5),
    p99: percentile(latencies, 0.99),
    failed,
    records,
  };
}
