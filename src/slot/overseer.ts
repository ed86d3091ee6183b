import type { OpenMessage, RunnerMessage } from "../jobs/messages.ts";
import { CHUNK_MAX_MS, LEFTOVERS_MAX_MS, SETUP_MAX_MS } from "../limits.ts";
import { ItemWatch } from "./item_watch.ts";
import type { SlotChunk } from "./slot_chunk.ts";

/** What the overseer needs of its slot. */
export interface OverseerPort {
  /** Memory of the process above which its item fails. */
  readonly maxMemoryBytes: number;
  /** Items that the call under way is for. */
  span(): number;
  say(message: RunnerMessage): void;
  /** A chunk shall stop after its item. */
  stop(chunk: SlotChunk): void;
  /** Nothing more is to be said: the end of the process comes. */
  over(): void;
  /** Ends the process. */
  end(): void;
  /** Says how a chunk ended, and ends the process once that has gone. */
  leave(rest: Rest): void;
}

/** The item that runs. */
export interface RunningItem {
  readonly chunk: SlotChunk;
  readonly index: number;
}

/** What has come of a chunk. */
export interface Rest {
  readonly chunk: SlotChunk;
  readonly position: number;
  readonly ms: number;
  /** Since when what the function has left undone has had its turn, as far as that was seen. */
  sinceMs: number;
}

/** What the function is at: an item, or what it has left undone, or neither. */
export interface Seen {
  readonly running: RunningItem | undefined;
  readonly rest: Rest | undefined;
}

/** Looks after the function while it runs: how much time and memory it takes, and for which item. */
export class Overseer {
  /** The job, once there is one. */
  job: OpenMessage | undefined;
  readonly #port: OverseerPort;
  readonly #item = new ItemWatch();
  /** Whether the module is loaded, and `setup` done. */
  #isReady = false;
  /** Since when the job is here, as far as that was seen. */
  #openedMs: number | undefined;

  /** An overseer that has seen nothing yet. */
  constructor(port: OverseerPort) {
    this.#port = port;
  }

  /** The module is loaded: what it takes from now on is its items'. */
  ready(memoryBytes: number): void {
    this.#isReady = true;
    this.#item.restBytes = memoryBytes;
  }

  /** Looks at the item that runs, or at what the function does without one. */
  look({ running, rest }: Seen, memoryBytes: number, nowMs: number): void {
    if (running === undefined) this.#item.sawNone();
    else this.#sawItem(running, memoryBytes, nowMs);
    if (memoryBytes > this.#port.maxMemoryBytes) this.#tooMuch(memoryBytes, running?.chunk);
    else if (running !== undefined) this.#checkTimes(running.chunk, nowMs);
    else if (rest !== undefined) this.#checkRest(rest, nowMs);
    else if (!this.#isReady) this.#checkSetup(nowMs);
  }

  /**
   * Tells of the item that runs, if that is news. Where each item has a line of its own, the lines say how far it has
   * come, if there is credit for them: only an item that is seen a second time, and so takes its time, is worth a
   * message of its own.
   */
  #sawItem({ chunk, index }: RunningItem, memory: number, nowMs: number): void {
    chunk.startedMs ??= nowMs;
    const isNew = this.#item.saw(chunk.serial, index, this.#port.span(), memory, nowMs);
    const { job, reduce } = this.job!;
    if ((isNew && reduce === null) || !this.#item.takeUntold()) return;
    this.#port.say({ op: "at", job, chunk: chunk.number, position: chunk.position + index });
  }

  #checkTimes(chunk: SlotChunk, nowMs: number): void {
    const { item_timeout_ms: itemTimeoutMs = Infinity } = this.job!;
    if (this.#item.isOver(itemTimeoutMs, nowMs)) {
      return this.#condemn("time", `it took longer than ${itemTimeoutMs} ms`, chunk);
    }
    if (nowMs - chunk.startedMs! > CHUNK_MAX_MS && chunk.stopWhy === undefined) {
      chunk.stopWhy = "late";
      this.#port.stop(chunk);
    }
  }

  /** Who gives items a time-out does not mean to wait for the module for ever. */
  #checkSetup(nowMs: number): void {
    const { item_timeout_ms: itemTimeoutMs = Infinity } = this.job!;
    const mostMs = Math.max(SETUP_MAX_MS, itemTimeoutMs);
    this.#openedMs ??= nowMs;
    if (nowMs - this.#openedMs > mostMs) {
      this.#noSetup(`with the module's loading it took longer than ${mostMs} ms`);
    }
  }

  /** What the function has left undone has no end: all is told, and others do what waits here. */
  #checkRest(rest: Rest, nowMs: number): void {
    rest.sinceMs = Math.min(rest.sinceMs, nowMs);
    if (nowMs - rest.sinceMs < LEFTOVERS_MAX_MS) return;
    const text =
      `what the function left undone took longer than ${LEFTOVERS_MAX_MS} ms: its process is ended`;
    this.#port.say({ op: "print", job: this.job!.job, position: 0, text });
    this.#port.leave(rest);
  }

  /** There is more memory than there may be: is it that of the item that runs, if one does? */
  #tooMuch(memory: number, chunk: SlotChunk | undefined): void {
    const { maxMemoryBytes } = this.#port;
    const error = `more than ${Math.floor(maxMemoryBytes / 2 ** 20)} MiB of memory were used`;
    if (chunk === undefined && !this.#isReady) return this.#noSetup(error);
    this.#condemn("memory", error, chunk, this.#item.hasTaken(memory, maxMemoryBytes));
  }

  #noSetup(error: string): void {
    this.#port.over();
    this.#port.say({ op: "job_failed", job: this.job!.job, code: "setup_failed", error });
  }

  /** Says which item uses too much. Nothing follows but the end. */
  #condemn(
    cause: "memory" | "time",
    error: string,
    chunk: SlotChunk | undefined,
    alone?: boolean,
  ): void {
    // Without an item, or in one call for many, which of them it is must be found by taking them apart.
    if (chunk === undefined || this.#port.span() > 1) return this.#port.end();
    this.#port.over();
    const position = chunk.position + this.#item.index;
    const flag = alone === undefined ? {} : { alone };
    this.#port.say({
      op: "verdict",
      job: this.job!.job,
      chunk: chunk.number,
      position,
      cause,
      error,
      ...flag,
    });
  }
}
