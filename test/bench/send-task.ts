/** What the constant-interval sender is to do. */
export interface SendTask {
  /** Server on 127.0.0.1. */
  port: number;
  /** PEM of the authority it is trusted by. */
  ca: string;
  /** Asked in turn. */
  paths: string[];
  body: string;
  /** Sends a second. */
  rate: number;
  /** Seconds before anything counts. */
  warmUp: number;
  /** Seconds that count. */
  seconds: number;
}

/** What came of it. */
export interface SendSamples {
  /** Milliseconds from the moment each counted send was due to its whole answer. */
  millis: number[];
  /** Sends that left too late to count as on time. */
  missed: number;
  /** Calls without a good answer. */
  failed: number;
}
