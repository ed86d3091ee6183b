import type { JsonObject } from "../protocol/json.ts";
import type { SandboxChunk } from "./shared.ts";

/** A chunk that the slot has been given. */
export class SlotChunk {
  /** The worker's number for it. */
  readonly number: number;
  /** The slot's own number for it, counted from 1. */
  readonly serial: number;
  /** The first item's place in the whole input. */
  readonly position: number;
  /** How many items. */
  readonly count: number;
  /** Bytes of results and of what failures cost that may be sent; below 0 after one that cost more. */
  credit: number;
  /** When the function was first seen in it; `undefined` before. */
  startedMs: number | undefined;
  /** Why it shall stop, if it shall. */
  stopWhy: "dropped" | "late" | undefined;
  readonly #first: string;
  readonly #merge: boolean;
  readonly #itemBytes: number;
  #lines: Uint8Array[] = [];
  #received = 0;

  /** Reads a `chunk` message with the bytes that came with it. */
  constructor(members: JsonObject, serial: number, payload: Uint8Array) {
    this.number = Number(members.chunk);
    this.serial = serial;
    this.position = Number(members.position);
    this.count = Number(members.count);
    this.credit = Number(members.credit);
    this.#first = String(members.first ?? "0");
    this.#merge = members.merge === true;
    this.#itemBytes = Number(members.item_bytes ?? 0);
    this.add(payload);
  }

  /** Adds lines. */
  add(lines: Uint8Array): void {
    if (lines.length === 0) return;
    this.#received += lines.length;
    this.#lines.push(lines);
  }

  /** Whether all lines are there. */
  get isWhole(): boolean {
    return this.#received >= this.#itemBytes;
  }

  /** What the function's thread needs to know of it. */
  forSandbox(): SandboxChunk {
    const { serial, position, count } = this;
    return {
      serial,
      position,
      count,
      first: this.#first,
      itemBytes: this.#received,
      merge: this.#merge,
    };
  }

  /** Its lines, which it forgets. */
  takeLines(): Uint8Array[] {
    const lines = this.#lines;
    this.#lines = [];
    return lines;
  }
}
