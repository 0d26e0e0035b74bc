/** Receives one line of news at a time, without a line end. */
export type Log = (line: string) => void;

const WIDTH = 30;

/** Shows how far a long step is: a bar that is redrawn on a terminal, a line at every tenth elsewhere. */
export class Progress {
  readonly #label: string;
  readonly #log: Log;
  readonly #stream: NodeJS.WriteStream | undefined;
  #tenth = -1;

  /** @param stream where a bar may be drawn; lines go to the log unless it is a terminal. */
  constructor(label: string, log: Log, stream: NodeJS.WriteStream = process.stderr) {
    this.#label = label;
    this.#log = log;
    this.#stream = stream.isTTY ? stream : undefined;
  }

  /** @param share between 0 and 1; values beyond are cut. */
  update(share: number): void {
    const bounded = Math.min(1, Math.max(0, share));
    const percent = `${Math.floor(bounded * 100)}%`;
    if (this.#stream) {
      const filled = Math.round(bounded * WIDTH);
      this.#stream.write(
        `\r${this.#label} [${"#".repeat(filled)}${".".repeat(WIDTH - filled)}] ${percent.padStart(4)}`,
      );
      return;
    }
    const tenth = Math.floor(bounded * 10);
    if (tenth > this.#tenth) {
      this.#tenth = tenth;
      this.#log(`${this.#label}: ${percent}`);
    }
  }

  /** Ends the bar's line. */
  end(): void {
    this.#stream?.write("\n");
  }
}
