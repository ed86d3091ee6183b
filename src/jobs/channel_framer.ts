import { MAX_CHANNEL_LINE_BYTES, MAX_PIECE_BYTES } from "../limits.ts";
import { decodeLine, LineFramer, NEWLINE } from "../protocol/framing.ts";
import { isJsonObject, type JsonObject, parseJson } from "../protocol/json.ts";
import { shown } from "./shown.ts";

/** A message as it came: nothing about its members is trusted yet, but `op` and `bytes`. */
export interface Framed {
  readonly members: JsonObject & { readonly op: string };
  /** The bytes that followed it, a copy that belongs to whoever takes it; none if it had none, or none are wanted. */
  readonly payload: Uint8Array;
}

const NO_BYTES = new Uint8Array(0);

/**
 * Cuts a channel's bytes into messages: lines of JSON, and after some of them raw bytes.
 *
 * Invariant: while a payload is awaited, the line framer holds nothing.
 */
export class ChannelFramer {
  /** What is wrong with the stream; nothing is framed after that. */
  fault: string | undefined;
  #lines = new LineFramer(MAX_CHANNEL_LINE_BYTES);
  #rest: Uint8Array = NO_BYTES;
  #members: Framed["members"] | undefined;
  /** Where the bytes of the message go; nowhere if nobody wants them. */
  #payload = NO_BYTES;
  /** Bytes of the payload that are still to come. */
  #missing = 0;
  readonly #isWanted: (members: Framed["members"]) => boolean;

  /**
   * A framer of a stream that begins. The bytes of a message that is not wanted are skipped, and it comes without:
   * nothing is held for whoever speaks of what nobody knows.
   */
  constructor(isWanted: (members: Framed["members"]) => boolean = () => true) {
    this.#isWanted = isWanted;
  }

  /** Adds a chunk, which is borrowed until {@linkcode settle}. All that came before must have been taken. */
  push(chunk: Uint8Array): void {
    this.#rest = chunk;
  }

  /** The next whole message, or `undefined` if there is none yet or the stream is faulty. */
  next(): Framed | undefined {
    while (this.fault === undefined) {
      if (this.#members !== undefined) return this.#fill();
      if (!this.#readLine()) return undefined;
    }
  }

  /** Reads one line out of what is left of the chunk; `false` if there is no whole one. */
  #readLine(): boolean {
    const rest = this.#rest;
    if (rest.length === 0) return false;
    const newline = rest.indexOf(NEWLINE);
    const end = newline < 0 ? rest.length : newline + 1;
    this.#rest = rest.subarray(end);
    const lines = this.#lines;
    lines.push(rest.subarray(0, end));
    const isWhole = lines.next();
    if (lines.overflowed) this.fault = "sent an endless line";
    else if (isWhole) this.#begin(lines);
    lines.settle();
    return isWhole || this.#rest.length > 0;
  }

  #begin(lines: LineFramer): void {
    if (lines.start === lines.end) return;
    const text = decodeLine(lines.bytes, lines.start, lines.end);
    const members = text === undefined ? undefined : parseJson(text);
    if (!isJsonObject(members) || typeof members.op !== "string") {
      this.fault = "sent something that is no message";
      return;
    }
    const { bytes = 0 } = members;
    if (typeof bytes !== "number" || !(bytes >= 0 && bytes <= MAX_PIECE_BYTES) || bytes % 1 !== 0) {
      this.fault = `sent a message with bytes ${shown(bytes)}`;
      return;
    }
    this.#members = members as Framed["members"];
    const isKept = bytes > 0 && this.#isWanted(this.#members);
    this.#payload = isKept ? new Uint8Array(bytes) : NO_BYTES;
    this.#missing = bytes;
  }

  /** Moves bytes of the chunk into the payload; gives the message once it is whole. */
  #fill(): Framed | undefined {
    const payload = this.#payload;
    const taken = this.#rest.subarray(0, this.#missing);
    if (payload.length > 0) payload.set(taken, payload.length - this.#missing);
    this.#missing -= taken.length;
    this.#rest = this.#rest.subarray(taken.length);
    if (this.#missing > 0) return undefined;
    const members = this.#members!;
    this.#members = undefined;
    this.#payload = NO_BYTES;
    return { members, payload };
  }
}

/** The line of a message; what it says in `bytes` is to be written after it. */
export function messageLine(message: object): string {
  return JSON.stringify(message) + "\n";
}
