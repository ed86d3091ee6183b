import {
  HELD_MESSAGE_BYTES,
  MAX_JOBS,
  MAX_UNSENT_MESSAGE_BYTES,
  MAX_UNSENT_RESULT_BYTES,
} from "../limits.ts";
import type { PrintMessage } from "./messages.ts";
import { droppedText } from "./print_rate.ts";

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
/** Why a chunk may go back at once: it was asked for, or given to somebody who leaves, or who has no slot for it. */
const RETURNED_AT_ONCE: ReadonlySet<unknown> = new Set(["dropped", "leaving", "late"]);
/** Messages without which a job is the same. */
const ASIDES: ReadonlySet<unknown> = new Set(["at", "print"]);

const NOT_ASCII = /[^\0-\x7f]/;

/** A message, as far as it matters here. */
interface Sent {
  readonly op?: unknown;
  readonly why?: unknown;
}

/** Printed texts of one job that were left out. */
interface LeftOut {
  /** The message of the last of them. */
  readonly last: PrintMessage;
  readonly count: number;
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
  /** By the numbers of their jobs. */
  readonly #leftOut = new Map<number, LeftOut>();

  /** Notes a message with the bytes behind it; gives whether it is to be sent. */
  add(message: Sent, line: string, payloadBytes = 0): boolean {
    const { op, why } = message;
    const lineBytes = bytesOf(line);
    if (ASIDES.has(op)) {
      if (this.#asideBytes > MAX_UNSENT_MESSAGE_BYTES) {
        if (op === "print") this.#leaveOut(message as PrintMessage);
        return false;
      }
      this.#asideBytes += lineBytes;
    } else if (ANSWERS.has(op) || (op === "returned" && RETURNED_AT_ONCE.has(why))) {
      this.#answerBytes += lineBytes;
    }
    this.#bytes += HELD_MESSAGE_BYTES + lineBytes + payloadBytes;
    return true;
  }

  #leaveOut(last: PrintMessage): void {
    const leftOut = this.#leftOut;
    const { count } = leftOut.get(last.job) ?? { count: 0 };
    leftOut.set(last.job, { last, count: count + 1 });
    // Others than those that are open have been closed meanwhile.
    if (leftOut.size > MAX_JOBS) leftOut.delete(leftOut.keys().next().value!);
  }

  /** Everything that was written has gone; gives whether anything waits for that. */
  drained(): boolean {
    const { isMuch } = this;
    this.#bytes = this.#answerBytes = this.#asideBytes = 0;
    return isMuch;
  }

  /** What is to be said, once everything has gone, of the printed texts that were left out: one message a job. */
  takeNotices(jobs: ReadonlyMap<number, unknown>): PrintMessage[] {
    const notices: PrintMessage[] = [];
    for (const [job, { last, count }] of this.#leftOut) {
      if (jobs.has(job)) notices.push({ ...last, text: droppedText(count, "not read in time") });
    }
    this.#leftOut.clear();
    return notices;
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

const encoder = new TextEncoder();

/** Bytes of a text as it is sent; most are ASCII, which need not be encoded to know that. */
function bytesOf(text: string): number {
  return NOT_ASCII.test(text) ? encoder.encode(text).length : text.length;
}
