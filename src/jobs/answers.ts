import { MAX_UNSENT_MESSAGE_BYTES } from "../limits.ts";

/** Messages that whoever sends enough questions is given at once, however little he has allowed. */
const ANSWERS: ReadonlySet<unknown> = new Set(["pong", "need", "job_failed"]);
/** Why a chunk goes back at once when it is asked for, or given to somebody who leaves. */
const RETURNED_AT_ONCE: ReadonlySet<unknown> = new Set(["dropped", "leaving"]);

/** A message, as far as it matters here. */
interface Sent {
  readonly op?: unknown;
  readonly why?: unknown;
}

/**
 * What the other end of a channel was answered without credit since everything written had gone last. Whoever
 * reads leaves little of it; whoever asks and never reads would have us hold it without limit.
 *
 * Results and failures have their credit, what is wanted stands for input that has come, and what tells of a chunk
 * that runs comes no faster than it runs: on a slow line, over which results go all the time, much of that is sent
 * before everything has gone.
 */
export class Answers {
  #bytes = 0;

  /** A message was sent, as this line. */
  sent({ op, why }: Sent, line: string): void {
    if (ANSWERS.has(op) || (op === "returned" && RETURNED_AT_ONCE.has(why))) {
      this.#bytes += line.length;
    }
  }

  /** Everything that was written has gone. */
  drained(): void {
    this.#bytes = 0;
  }

  /** What is wrong with the other end, if it does not read. */
  get fault(): string | undefined {
    return this.#bytes > MAX_UNSENT_MESSAGE_BYTES
      ? "asks and does not read the answers"
      : undefined;
  }
}
