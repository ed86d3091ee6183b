import {
  HELD_MESSAGE_BYTES,
  MAX_UNSENT_MESSAGE_BYTES,
  MAX_UNSENT_RESULT_BYTES,
} from "../limits.ts";

/** Messages that need no credit, and that whoever wants to can bring about without end. */
const ANSWERS: ReadonlySet<unknown> = new Set([
  "pong",
  "need",
  "want",
  "started",
  "progress",
  "slots",
  "job_failed",
]);
/** Why a chunk goes back at once when it is asked for, or given to somebody who leaves. */
const RETURNED_AT_ONCE: ReadonlySet<unknown> = new Set(["dropped", "leaving"]);
/** Messages without which a job is the same. */
const ASIDES: ReadonlySet<unknown> = new Set(["at", "print"]);

/** A message, as far as it matters here. */
interface Sent {
  readonly op?: unknown;
  readonly why?: unknown;
}

/**
 * What was sent on a channel since everything written had gone last. Who reads leaves little of it; who does not
 * would have us hold it without limit, whatever credit was given: so results and failures wait when there is much of
 * it, what can be left out is left out, and the channel is given up when there are too many answers.
 *
 * On a slow line everything goes now and then, since what waits here waits for that. It does so as soon as the
 * system has room for more than there is, long before the other end has read it all: nobody is slowed down.
 */
export class Unread {
  #bytes = 0;
  #answerBytes = 0;
  #asideBytes = 0;

  /** Notes a message with the bytes behind it; gives whether it is to be sent. */
  add({ op, why }: Sent, line: string, payloadBytes = 0): boolean {
    if (ASIDES.has(op)) {
      if (this.#asideBytes > MAX_UNSENT_MESSAGE_BYTES) return false;
      this.#asideBytes += line.length;
    } else if (ANSWERS.has(op) || (op === "returned" && RETURNED_AT_ONCE.has(why))) {
      this.#answerBytes += line.length;
    }
    this.#bytes += HELD_MESSAGE_BYTES + line.length + payloadBytes;
    return true;
  }

  /** Everything that was written has gone; gives whether anything waits for that. */
  drained(): boolean {
    const { isMuch } = this;
    this.#bytes = this.#answerBytes = this.#asideBytes = 0;
    return isMuch;
  }

  /** Whether there is so much that nothing is sent which can wait. */
  get isMuch(): boolean {
    return this.#bytes >= MAX_UNSENT_RESULT_BYTES;
  }

  /** What is wrong with the other end, if it asks and does not read. */
  get fault(): string | undefined {
    return this.#answerBytes > MAX_UNSENT_MESSAGE_BYTES
      ? "asks and does not read the answers"
      : undefined;
  }
}
