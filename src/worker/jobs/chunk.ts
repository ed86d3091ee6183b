import { failedBytes } from "../../jobs/failed_bytes.ts";
import type { ChunkMessage } from "../../jobs/messages.ts";
import { MAX_SHOWN_ITEM_CHARS } from "../../limits.ts";
import type { Job } from "./job.ts";
import { cutLines } from "./lines.ts";
import { Outbox, type Outgoing } from "./outbox.ts";
import { Pieces } from "../../jobs/pieces.ts";
import { type Failure, Plan, type Stretch } from "./plan.ts";
import type { Run } from "./run.ts";

/** What is left of a chunk is given back for one of these reasons. */
export type ReturnReason = "dropped" | "leaving" | "late";

/** Who has a chunk in hand: a slot, as far as its chunk knows it. */
export interface ChunkHolder {
  /** The slot shall send no more results for now, or may again. */
  setPaused(isPaused: boolean): void;
  /** Asks for the chunk back: after its current item, and not later than `byMs`. */
  drop(byMs: number): void;
  /** Everything of its chunk has been said, or another slot goes on with it. */
  chunkIsOver(): void;
}

/** Work that a requester has given us: its items, what is known of them, and what has been said of them. */
export class Chunk {
  readonly job: Job;
  readonly message: ChunkMessage;
  readonly plan: Plan;
  readonly outbox: Outbox;
  /** Its items, if they are lines. */
  readonly lines = new Pieces();
  /** Bytes of items that are still to come. */
  missingBytes: number;
  /** Whether the requester knows that it runs. */
  isStarted = false;
  /** Whether a slot has died while it ran it. */
  hasDied = false;
  /** Slots that have died when they had it, and had not said that it runs. */
  earlyDeaths = 0;
  /** Why it ends before it is done, once that has been decided. */
  ending: ReturnReason | undefined;
  /** Whether all has been said that there is to say, though it may still wait for credit. */
  isConcluded = false;
  /** What runs of it now. */
  run: Run | undefined;
  /** The slot that runs it, or has run it and waits until the results are gone. */
  holder: ChunkHolder | undefined;
  /** Time that the function took. */
  ms = 0;
  /** The first position that the requester has not been told of. */
  sent: number;

  /** A chunk whose lines, if it has any, are still to come. */
  constructor(job: Job, message: ChunkMessage) {
    this.job = job;
    this.message = message;
    this.plan = new Plan(message.position, message.merge === true ? 1 : message.count);
    this.outbox = new Outbox(message.credit);
    this.missingBytes = message.item_bytes ?? 0;
    this.sent = message.position;
  }

  /** Whether its items are accumulators that are combined all at once: to whoever runs them they are one. */
  get isMerge(): boolean {
    return this.message.merge === true;
  }

  /** Its number, the requester's. */
  get number(): number {
    return this.message.chunk;
  }

  /** Takes items; `false` if there are more than there should be. */
  addLines(piece: Uint8Array): boolean {
    if (piece.length > this.missingBytes) return false;
    if (piece.length > 0) this.lines.add(piece);
    this.missingBytes -= piece.length;
    return true;
  }

  /** The message with which a slot is given a stretch, and the lines that belong to it. */
  part(stretch: Stretch, number: number, credit: number): [ChunkMessage, readonly Uint8Array[]] {
    const { position, first, merge, count } = this.message;
    const skipped = stretch.first - position;
    const length = merge === true ? count : stretch.last - stretch.first + 1;
    const base = { op: "chunk", job: 1, chunk: number, position: stretch.first, count: length };
    if (this.message.item_bytes === undefined) {
      const shifted = String(BigInt(first ?? 0) + BigInt(skipped));
      return [{ ...base, op: "chunk", first: shifted, credit }, []];
    }
    const lines = length === count ? this.lines.list : cutLines(this.lines.list, skipped, length);
    const item_bytes = lines.reduce((sum, { length }) => sum + length, 0);
    const bytes = lines[0]?.length ?? 0;
    const flag = merge === true ? { merge } : {};
    return [{ ...base, op: "chunk", item_bytes, ...flag, credit, bytes }, lines];
  }

  /** Says something that belongs into the order of results, now or when there is credit. */
  say(outgoing: Outgoing): void {
    // Whoever has dropped it does not want to hear of it.
    if (this.ending === "dropped") return;
    this.outbox.push(outgoing);
    this.flush();
  }

  /** Says that an item has no value. */
  sayFailed({ position, cause, error }: Failure): void {
    const { job, number: chunk } = this;
    const { worker } = job;
    const item = this.#itemText(position);
    const message = { op: "failed", job: job.number, chunk, position, cause, error, item, worker };
    this.say({ message, next: position + 1, cost: failedBytes(message) });
  }

  /** An item as JSON, cut if it is long: what died of it cannot say it. Accumulators are no items. */
  #itemText(position: number): string | undefined {
    if (this.isMerge) return undefined;
    const { first, position: start } = this.message;
    const text = first === undefined
      ? this.#lineText(position - start)
      : String(BigInt(first) + BigInt(position - start));
    return text.slice(0, MAX_SHOWN_ITEM_CHARS);
  }

  #lineText(index: number): string {
    const decoder = new TextDecoder();
    let text = "";
    let room = MAX_SHOWN_ITEM_CHARS;
    for (const piece of cutLines(this.lines.list, index, 1)) {
      // A character of which the room holds only a part is left out.
      text += decoder.decode(piece.subarray(0, room), { stream: true });
      room -= Math.min(room, piece.length);
    }
    return text.trim();
  }

  /** Whoever runs it does so no more, and is free for others. */
  release(): void {
    const { holder } = this;
    this.holder = undefined;
    holder?.setPaused(false);
    holder?.chunkIsOver();
  }

  /** Everything has been said with this: the rest is undone, or nothing is left. */
  conclude(why: ReturnReason | undefined): void {
    const { job, number: chunk, ms } = this;
    this.isConcluded = true;
    if (why === "dropped") {
      this.outbox.clear();
      job.send({ op: "returned", job: job.number, chunk, position: this.sent, ms, why });
      this.flush();
      return;
    }
    const position = this.plan.next;
    const message = why === undefined
      ? { op: "done", job: job.number, chunk, ms }
      : { op: "returned", job: job.number, chunk, position, ms, why };
    this.outbox.push({ message, next: position });
    this.flush();
  }

  /** Says what may be said by now, and lets the slot go on. */
  goOn(): void {
    this.flush();
    this.run?.topUp();
  }

  /** Sends what may be sent; the slot reads on or waits accordingly. */
  flush(): void {
    const { outbox, job } = this;
    while (!job.channel.isClogged) {
      const one = outbox.take();
      if (one === undefined) break;
      const { message, result, next } = one;
      if (result === undefined) job.send(message);
      else {
        const { position, count, payload } = result;
        job.send({ ...message, position, count, bytes: payload.length }, payload);
      }
      this.sent = next;
    }
    this.holder?.setPaused(!outbox.isEmpty);
    if (!this.isConcluded || !outbox.isEmpty) return;
    this.release();
    job.forget(this);
  }
}
