import { WORKER_WINDOW } from "../limits.ts";
import type { Task } from "./work.ts";
import type { Worker } from "./worker.ts";

/** Ids of pings begin here, far above those of work. */
const FIRST_PING_ID = 2 ** 50;

/** A task that a worker has in hand. */
export class Attempt {
  /** Names it on the wire; unique in the life of its connection. */
  id = 0;
  task: Task;
  readonly worker: Worker;
  startedMs: number;
  /** The attempt that was too slow, where this one is not the first. */
  readonly hedges: Attempt | undefined;
  /** The attempt that was made last because this one was too slow. */
  hedgedBy: Attempt | undefined;
  /** Whether it is over. */
  hasEnded = false;
  /** Whether nobody else shall be asked because of it: that has been done, or is no use. */
  hedged = false;
  /** Its neighbours in the order of sending, while it is in flight. */
  older: Attempt | undefined;
  newer: Attempt | undefined;

  /** A task that is about to be handed to a worker, because of `hedges` if there is one. */
  constructor(task: Task, worker: Worker, startedMs: number, hedges: Attempt | undefined) {
    this.task = task;
    this.worker = worker;
    this.startedMs = startedMs;
    this.hedges = hedges;
    if (hedges !== undefined) hedges.hedgedBy = this;
  }

  /** Whether it may be used again when it is over: no other attempt at its task knows of it. */
  get isReusable(): boolean {
    return this.hasEnded && this.hedges === undefined && this.hedgedBy === undefined;
  }

  /** Begins anew, at another task. Requires {@linkcode Attempt.isReusable}. */
  renew(task: Task, startedMs: number): void {
    this.task = task;
    this.startedMs = startedMs;
    this.hasEnded = this.hedged = false;
  }

  /** The last attempt under way of those that were made before this one, at the same task. */
  get slower(): Attempt | undefined {
    let one = this.hedges;
    while (one?.hasEnded) one = one.hedges;
    return one;
  }

  /** An attempt under way that was made because this one was too slow, or because that one was. */
  get quicker(): Attempt | undefined {
    let one = this.hedgedBy;
    while (one?.hasEnded) one = one.hedgedBy;
    return one;
  }
}

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
