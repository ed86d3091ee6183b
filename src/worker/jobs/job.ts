import type { OpenMessage } from "../../jobs/messages.ts";
import type { WireError } from "../../protocol/errors.ts";
import type { Channel } from "./channel.ts";
import type { Chunk } from "./chunk.ts";
import type { ModulePieces, ModuleUser } from "./modules.ts";
import type { Slot } from "./slot.ts";

/** What a job needs of the runner. */
export interface JobPort {
  /** A chunk of it is over: its items are held no more. */
  forgot(chunk: Chunk): void;
  /** It cannot go on, which has been said: everything of it is to end. */
  ended(job: Job): void;
}

/** A user's function that runs here: its module, its chunks, its slots. */
export class Job implements ModuleUser {
  readonly open: OpenMessage;
  readonly channel: Channel;
  /** All chunks that something is still to be said of, by the requester's numbers. */
  readonly chunks = new Map<number, Chunk>();
  /** Those that could run and do not, in the order in which they shall. */
  readonly waiting: Chunk[] = [];
  /** The processes that have been given it. */
  readonly slots = new Set<Slot>();
  /** Its JavaScript, once it is here. */
  module: ModulePieces | undefined;
  /** When a chunk of it was begun last, counted in chunks of all jobs. */
  servedAt = 0;
  /** Slots that have died before any has called the function. */
  setupDeaths = 0;
  /** Whether the function has been called. */
  hasStarted = false;
  isOver = false;
  readonly #port: JobPort;

  /** A job without chunks. */
  constructor(open: OpenMessage, channel: Channel, port: JobPort) {
    this.open = open;
    this.channel = channel;
    this.#port = port;
  }

  /** Its number on its channel. */
  get number(): number {
    return this.open.job;
  }

  get sha256(): string {
    return this.open.sha256;
  }

  get codeBytes(): number {
    return this.open.code_bytes;
  }

  /** How many of its chunks are in the hands of slots. */
  get running(): number {
    let count = 0;
    for (const { isBusy } of this.slots) if (isBusy) count++;
    return count;
  }

  /** The module has to be sent. */
  need(): void {
    this.send({ op: "need", job: this.number });
  }

  /** Here is the module. */
  loaded(pieces: ModulePieces): void {
    this.module = pieces;
  }

  /** It cannot go on, and its requester is told why. */
  refused({ code, text }: WireError, stack?: string): void {
    this.send({ op: "job_failed", job: this.number, code, error: text, stack });
    this.#port.ended(this);
  }

  /** Writes a message to the requester. */
  send(message: object, payload?: Uint8Array): void {
    if (!this.isOver) this.channel.send(message, payload);
  }

  /** Passes on what the function has printed. */
  print(position: number, text: string): void {
    this.send({ op: "print", job: this.number, position, worker: this.worker, text });
  }

  /** Name of the worker that it runs on, where it has one. */
  get worker(): string | undefined {
    return this.channel.worker;
  }

  /** A chunk waits for a slot: one that ran before comes first, then accumulators, then the others. */
  enqueue(chunk: Chunk): void {
    const rank = rankOf(chunk);
    const place = this.waiting.findIndex((other) => rankOf(other) > rank);
    this.waiting.splice(place < 0 ? this.waiting.length : place, 0, chunk);
  }

  /** Nothing more is said of a chunk. */
  forget(chunk: Chunk): void {
    this.chunks.delete(chunk.number);
    this.#port.forgot(chunk);
  }
}

function rankOf(chunk: Chunk): number {
  if (chunk.isStarted) return 0;
  return chunk.isMerge ? 1 : 2;
}
