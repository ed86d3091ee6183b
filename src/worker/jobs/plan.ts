import { CRASHED } from "../../jobs/crashed.ts";
import type { FailureCause } from "../../jobs/messages.ts";

/** Positions that are run one after the other in one slot, both ends included. */
export interface Stretch {
  readonly kind: "run";
  readonly first: number;
  readonly last: number;
  /** Whether a slot has come to its end in it: one of its items may have done that. */
  readonly isSuspect: boolean;
}

/** An item that is known to have no value. */
export interface Failure {
  readonly kind: "failed";
  readonly position: number;
  readonly cause: FailureCause;
  readonly error: string;
}

/**
 * What is still to be done of a chunk, in order of position, whatever dies on the way.
 *
 * A death that a verdict explains costs that one item. After any other death what the slot had not told of is
 * run again: what came before the item that it was last known at, then that item alone, then halves of what
 * follows, until a slot dies of a single item: that one has failed. If nothing dies again, nobody is blamed.
 *
 * What piles up in a slot is not the fault of the item that is running when it is too much. That one is tried
 * alone, and what follows it goes on as before. This ends: each time there is one item fewer before the suspect,
 * and the suspect itself either has a value or is named.
 *
 * Invariant: the steps have no gaps and no overlaps; the first begins at or before `next`, the last ends at
 * the chunk's last position.
 */
export class Plan {
  /** The first position that nothing has been told of. */
  next: number;
  readonly #last: number;
  #steps: (Stretch | Failure)[];

  /** A chunk of `count` positions that nothing is known of. */
  constructor(position: number, count: number) {
    this.next = position;
    this.#last = position + count - 1;
    this.#steps = [{ kind: "run", first: position, last: this.#last, isSuspect: false }];
  }

  /** Whether every position has been told of. */
  get isOver(): boolean {
    return this.next > this.#last;
  }

  /** The item that has failed and is the next to be told of, if it is. */
  takeFailure(): Failure | undefined {
    const [step] = this.#steps;
    if (step?.kind !== "failed") return undefined;
    this.#steps.shift();
    this.next = step.position + 1;
    return step;
  }

  /** What is to be run now. It is asked for when nothing runs, and no failure is to be told of. */
  begin(): Stretch {
    const [step] = this.#steps;
    if (step?.kind !== "run") throw new Error("Invariant: there is something to run");
    if (!step.isSuspect || step.first === step.last) return step;
    const middle = Math.floor((step.first + step.last) / 2);
    const half = { ...step, last: middle };
    this.#steps.splice(0, 1, half, { ...step, first: middle + 1 });
    return half;
  }

  /** Whether a single suspect is next: nothing that has piled up in a slot may be held against it. */
  get isAlone(): boolean {
    const [step] = this.#steps;
    // Of two, the half that is next is one.
    return step?.kind === "run" && step.isSuspect && step.last - step.first <= 1;
  }

  /** `count` more positions have been told of. */
  tell(count: number): void {
    this.next += count;
  }

  /** What was begun has ended in good order, whole or not. */
  end(): void {
    this.#replaceFirst((step) => [{ ...step, first: this.next }]);
  }

  /** The slot in which it ran has died; it was last known at a position. */
  die(at: number): void {
    this.#replaceFirst((step) => {
      if (this.next > step.last) return [];
      this.#trustLater();
      if (step.isSuspect && step.first === step.last) {
        return [{ kind: "failed", position: step.first, cause: "crash", error: CRASHED }];
      }
      const suspect = Math.min(Math.max(at, this.next), step.last);
      return [
        { kind: "run", first: this.next, last: suspect - 1, isSuspect: false },
        { kind: "run", first: suspect, last: suspect, isSuspect: true },
        { kind: "run", first: suspect + 1, last: step.last, isSuspect: true },
      ];
    });
  }

  /** Whether a verdict about a position can be true: it runs, and nothing has been told of it. */
  mayName(position: number): boolean {
    const [step] = this.#steps;
    return step?.kind === "run" && position >= this.next && position <= step.last;
  }

  /** The slot was ended because of one item. */
  name(position: number, cause: FailureCause, error: string): void {
    this.#replaceFirst((step) => {
      this.#trustLater();
      return [
        { kind: "run", first: this.next, last: position - 1, isSuspect: false },
        { kind: "failed", position, cause, error },
        { kind: "run", first: position + 1, last: step.last, isSuspect: false },
      ];
    });
  }

  /** The slot was ended at an item, for something that others before it may have done. */
  suspect(position: number): void {
    this.#replaceFirst((step) => [
      { kind: "run", first: this.next, last: position - 1, isSuspect: false },
      { kind: "run", first: position, last: position, isSuspect: true },
      { ...step, first: position + 1 },
    ]);
  }

  /** The culprit is in what has just run: what comes after it has nothing to do with it. */
  #trustLater(): void {
    const [first, ...later] = this.#steps;
    const trusted = later.map((step) => step.kind === "run" ? { ...step, isSuspect: false } : step);
    this.#steps = [first!, ...trusted];
  }

  /** Puts other steps in the place of the one that ran, leaves out empty ones, and joins what runs together. */
  #replaceFirst(replace: (step: Stretch) => (Stretch | Failure)[]): void {
    const [first] = this.#steps;
    if (first?.kind !== "run") throw new Error("Invariant: something runs");
    const replaced = replace(first);
    const steps: (Stretch | Failure)[] = [];
    for (const step of [...replaced, ...this.#steps.slice(1)]) {
      if (step.kind === "run" && step.first > step.last) continue;
      const before = steps.at(-1);
      const isJoined = before?.kind === "run" && step.kind === "run" && !before.isSuspect &&
        !step.isSuspect;
      if (isJoined) steps[steps.length - 1] = { ...before, last: step.last };
      else steps.push(step);
    }
    this.#steps = steps;
  }
}
