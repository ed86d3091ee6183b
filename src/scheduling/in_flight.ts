import { WORKER_WINDOW } from "../limits.ts";
import type { Attempt } from "./attempt.ts";

/** Ids of pings begin here, far above those of work. */
const FIRST_PING_ID = 2 ** 50;

/**
 * What is in flight on one connection: found by id, walked from the oldest on. Slots are used again and again, and
 * the id says which slot it is and how often that was used; a map would leave its old tables behind for the
 * garbage collector, which costs a third of a busy server.
 *
 * Invariant: an attempt is in a slot exactly if it is in the list; id = uses of the slot x WORKER_WINDOW + slot.
 */
export class InFlight implements Iterable<Attempt> {
  /** How many there are. */
  size = 0;
  #oldest: Attempt | undefined;
  #newest: Attempt | undefined;
  readonly #slots: (Attempt | undefined)[] = [];
  readonly #uses: number[] = [];
  readonly #free: number[] = [];
  #pings = 0;

  /** The one that has waited longest. */
  get oldest(): Attempt | undefined {
    return this.#oldest;
  }

  /** All, the oldest first. */
  *[Symbol.iterator](): IterableIterator<Attempt> {
    for (let attempt = this.#oldest; attempt !== undefined; attempt = attempt.newer) yield attempt;
  }

  /** Adds one, and gives it its id. There must be room: at most `WORKER_WINDOW` are in flight. */
  add(attempt: Attempt): void {
    const slot = this.#free.pop() ?? this.#slots.length;
    if (slot >= WORKER_WINDOW) throw new Error("Invariant: only a worker with room is given work");
    const uses = (this.#uses[slot] ?? 0) + 1;
    this.#uses[slot] = uses;
    this.#slots[slot] = attempt;
    attempt.id = uses * WORKER_WINDOW + slot;
    attempt.older = this.#newest;
    if (this.#newest === undefined) this.#oldest = attempt;
    else this.#newest.newer = attempt;
    this.#newest = attempt;
    this.size++;
  }

  /** The one of the given id. */
  get(id: number): Attempt | undefined {
    const attempt = this.#slots[id % WORKER_WINDOW];
    return attempt?.id === id ? attempt : undefined;
  }

  /** Takes one out. */
  delete(attempt: Attempt): void {
    const slot = attempt.id % WORKER_WINDOW;
    this.#slots[slot] = undefined;
    this.#free.push(slot);
    const { older, newer } = attempt;
    if (older === undefined) this.#oldest = newer;
    else older.newer = newer;
    if (newer === undefined) this.#newest = older;
    else newer.older = older;
    // What is done must not keep alive what came after it.
    attempt.older = attempt.newer = undefined;
    this.size--;
  }

  /** Takes all out. */
  takeAll(): Attempt[] {
    const all = [...this];
    for (const attempt of all) this.delete(attempt);
    return all;
  }

  /** An id for a ping. */
  newPingId(): number {
    return FIRST_PING_ID + ++this.#pings;
  }

  /** Whether an id is one of a ping that was sent. */
  isPing(id: number): boolean {
    return id > FIRST_PING_ID && id <= FIRST_PING_ID + this.#pings;
  }

  /** Whether an id was ever given out, to work or to a ping. */
  wasIssued(id: number): boolean {
    if (!Number.isSafeInteger(id)) return false;
    if (id >= FIRST_PING_ID) return this.isPing(id);
    const uses = Math.floor(id / WORKER_WINDOW);
    return uses >= 1 && uses <= (this.#uses[id % WORKER_WINDOW] ?? 0);
  }
}
