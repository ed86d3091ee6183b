import {
  CHUNK_CREDIT_BYTES,
  MAX_JOB_RESULT_BYTES,
  MAX_PIECE_BYTES,
  MAX_UNWRITTEN_BYTES,
} from "../../limits.ts";
import type { Queue } from "../../protocol/queue.ts";
import type { SentWork } from "./unanswered.ts";

/**
 * How many bytes of results a server may send: as many as the output is ready to take. The first piece in order
 * can always go on while it is; those behind it get what is left.
 *
 * Invariant: what is held, plus what may still come for pieces behind the first, is at most
 * MAX_UNWRITTEN_BYTES + MAX_JOB_RESULT_BYTES / 2.
 */
export class Credits {
  readonly #say: (sent: SentWork, credit: number) => void;
  /** Bytes that the output has not taken. */
  #held = 0;
  /** Bytes that may still come. */
  #granted = 0;
  /** Whether some piece got nothing when it was sent. */
  #isShort = false;

  /** Credits that are told to the server by `say`. */
  constructor(say: (sent: SentWork, credit: number) => void) {
    this.#say = say;
  }

  /** The credit of a piece that is about to be sent behind those given. */
  first(sent: Queue<SentWork>): number {
    const isFirst = sent.size === 0;
    const credit = isFirst ? this.#forFirst() : Math.max(0, Math.min(MAX_PIECE_BYTES, this.#left));
    if (credit < MAX_PIECE_BYTES) this.#isShort = true;
    this.#granted += credit;
    return credit;
  }

  /** Notes bytes that came, or that will not come any more. */
  spent(bytes: number): void {
    this.#granted -= bytes;
  }

  /** Notes bytes that wait for the output. */
  hold(bytes: number): void {
    this.#held += bytes;
  }

  /** Notes bytes that the output has taken. */
  taken(bytes: number): void {
    this.#held -= bytes;
  }

  /** Forgets what a server that was lost had been granted. */
  reset(): void {
    this.#granted = 0;
    this.#isShort = false;
  }

  /** Grants what has become possible. */
  grant(sent: Queue<SentWork>): void {
    const { first } = sent;
    if (first === undefined) return;
    const more = this.#forFirst() - first.credit;
    if (more >= MAX_PIECE_BYTES) this.#give(first, more);
    if (!this.#isShort || this.#left < MAX_PIECE_BYTES) return;
    this.#isShort = false;
    for (const one of sent) {
      if (one === first || one.credit > 0) continue;
      if (this.#left < MAX_PIECE_BYTES) {
        this.#isShort = true;
        break;
      }
      this.#give(one, MAX_PIECE_BYTES);
    }
  }

  #give(sent: SentWork, credit: number): void {
    sent.credit += credit;
    this.#granted += credit;
    this.#say(sent, credit);
  }

  /** What pieces behind the first may still be granted in all. */
  get #left(): number {
    return MAX_JOB_RESULT_BYTES / 2 - this.#granted - this.#held;
  }

  /** What the first piece may have outstanding. */
  #forFirst(): number {
    const room = MAX_UNWRITTEN_BYTES - this.#held;
    return room <= 0 ? 0 : Math.max(CHUNK_CREDIT_BYTES, room);
  }
}
