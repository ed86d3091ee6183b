import { MAX_PIPELINED_REQUESTS, MAX_SPARE_RECORDS, MAX_UNSENT_REPLY_BYTES } from "../limits.ts";
import { encodeArithmeticReply, encodeRangeReply } from "./encode.ts";
import { writeArithmeticReply, writeRangeReply } from "./fast_path.ts";
import { LineFramer } from "./framing.ts";
import { type Lines, LineWriter } from "./line_writer.ts";
import type { ConnectionId } from "./machine.ts";
import { versionMismatch } from "./hello.ts";
import type { ArithmeticOp, ArithmeticRequest, HelloRequest, RequestId } from "./messages.ts";
import { Queue } from "./queue.ts";

/** The place of one request in the order of its connection's replies. */
export interface ReplySlot {
  /** The request's `id`; bare requests have none, and are answered in order. */
  id: RequestId | undefined;
  /** Length of the request's line, and about that of its reply. */
  bytes: number;
  /** The reply, once it is ready; {@linkcode AS_RESULT} where it is to be made of the fields below. */
  text: string | undefined;
  op: ArithmeticOp;
  a: number;
  b: number;
  result: number;
}

/** No reply is empty. */
const AS_RESULT = "";
/** About as long is the reply to a basic operation. */
const RESULT_REPLY_BYTES = 64;

/** The places of requests, used again once they are answered. */
export class ReplySlots {
  readonly #spare: ReplySlot[] = [];

  /** A place for a request that has just been read. */
  take(id: RequestId | undefined, bytes: number): ReplySlot {
    const slot = this.#spare.pop();
    if (slot === undefined) {
      return { id, bytes, text: undefined, op: "add", a: 0.5, b: 0.5, result: 0.5 };
    }
    slot.id = id;
    slot.bytes = bytes;
    return slot;
  }

  /** Takes a place back whose reply is on its way: nobody holds on to it. */
  giveBack(slot: ReplySlot): void {
    slot.id = slot.text = undefined;
    if (this.#spare.length < MAX_SPARE_RECORDS) this.#spare.push(slot);
  }
}

/**
 * One connection of a requester: cuts its bytes into lines, and puts the replies into their order. Replies to
 * bare requests wait for those before them; replies with an `id` do not.
 */
export class Session {
  readonly connection: ConnectionId;
  readonly framer: LineFramer;
  /** Replies that are ready to be written. */
  readonly out: LineWriter = new LineWriter();
  /** Requests read and not answered. */
  outstanding = 0;
  /** Whether reading of requests has been stopped for now. */
  paused = false;
  /** Whether the peer has ended its sending half. */
  ended = false;
  /** Whether the peer has said hello: it is told when we end. */
  greeted = false;
  /** Whether the peer knows what it has asked: replies to basic operations do not repeat it. */
  brief = false;
  /** Takes the next line instead of its being read as a request: the answer to a line of ours. */
  onReply: ((text: string) => void) | undefined;
  /** Whether no more requests are taken: the connection ends after the last reply. */
  closing = false;
  /** Whether the connection is gone: nobody reads the replies any more. */
  gone = false;
  /** Bytes of its unanswered requests and their replies to come, and of replies that its peer has not taken. */
  heldBytes = 0;
  /** Bytes that came and have not been read as requests, as they were counted last. */
  pendingBytes = 0;
  /** Bytes of replies that the network has and the peer has not taken. */
  unsentBytes = 0;
  readonly #slots: ReplySlots;
  readonly #bare = new Queue<ReplySlot>();
  #heldBytes = 0;

  /** A session whose request lines have at most `maxLineBytes` bytes. */
  constructor(connection: ConnectionId, maxLineBytes: number, slots: ReplySlots) {
    this.connection = connection;
    this.#slots = slots;
    this.framer = new LineFramer(maxLineBytes);
  }

  /** The peer has said hello; what it wants counts only if it speaks our version. */
  greet({ protocol, brief = false }: HelloRequest): void {
    if (versionMismatch(protocol) !== undefined) return;
    this.greeted = true;
    this.brief = brief;
  }

  /** Whether the next request may be read: its peer takes its replies, and not too many are due. */
  get mayRead(): boolean {
    return !this.closing && this.outstanding < MAX_PIPELINED_REQUESTS &&
      this.unsentBytes + this.#waitingBytes < MAX_UNSENT_REPLY_BYTES;
  }

  /** Whether the request that was read last has no other beside it, nor anything behind it. */
  get isAlone(): boolean {
    return this.outstanding <= 1 && this.framer.pendingBytes === 0;
  }

  /** Takes a place for a request that has just been read. */
  take(id: RequestId | undefined, bytes: number): ReplySlot {
    const slot = this.#slots.take(id, bytes);
    this.outstanding++;
    if (id === undefined) this.#bare.push(slot);
    return slot;
  }

  /**
   * Answers a request; the reply goes out now or when those before it have, and its slot is free from then on. Gives
   * how many bytes more are held here until the peer takes them.
   */
  reply(slot: ReplySlot, text: string): number {
    const before = this.#waitingBytes;
    this.outstanding--;
    if (slot.id !== undefined) {
      this.out.text(text);
      this.#slots.giveBack(slot);
    } else {
      slot.text = text;
      this.#heldBytes += text.length;
      this.#sendBare();
    }
    return this.#waitingBytes - before;
  }

  /** Answers a basic operation; what it gives is what {@linkcode Session.reply} does. */
  replyResult(slot: ReplySlot, request: ArithmeticRequest, result: number): number {
    const { id } = slot;
    if (typeof id === "string") {
      return this.reply(slot, encodeArithmeticReply(request, result, id));
    }
    if (!this.#isNext(slot)) return this.#hold(slot, request, result);
    const before = this.#waitingBytes;
    writeArithmeticReply(this.out, request, result, id, this.brief);
    return this.#replied(slot, before);
  }

  /** Answers the sum of a range; what it gives is what {@linkcode Session.reply} does. */
  replySum(slot: ReplySlot, sum: bigint): number {
    const { id } = slot;
    if (typeof id === "string" || !this.#isNext(slot)) {
      return this.reply(slot, encodeRangeReply(sum, id));
    }
    const before = this.#waitingBytes;
    writeRangeReply(this.out, sum, id);
    return this.#replied(slot, before);
  }

  /** Whether its reply can go out at once. */
  #isNext(slot: ReplySlot): boolean {
    return slot.id !== undefined || this.#bare.first === slot;
  }

  /** Its reply has been written; gives how many bytes more are held here than before. */
  #replied(slot: ReplySlot, before: number): number {
    const { id } = slot;
    this.outstanding--;
    if (id === undefined) this.#bare.shift();
    this.#slots.giveBack(slot);
    if (id === undefined) this.#sendBare();
    return this.#waitingBytes - before;
  }

  /** Keeps a result until the replies before it have gone out: what it consists of takes less than its text. */
  #hold(slot: ReplySlot, { op, a, b }: ArithmeticRequest, result: number): number {
    this.outstanding--;
    slot.text = AS_RESULT;
    slot.op = op;
    slot.a = a;
    slot.b = b;
    slot.result = result;
    this.#heldBytes += RESULT_REPLY_BYTES;
    return RESULT_REPLY_BYTES;
  }

  /** Sends the replies to bare requests as far as there is one to each. */
  #sendBare(): void {
    let first: ReplySlot | undefined;
    while ((first = this.#bare.first) !== undefined && first.text !== undefined) {
      this.#bare.shift();
      if (first.text === AS_RESULT) {
        writeArithmeticReply(this.out, first, first.result, undefined);
        this.#heldBytes -= RESULT_REPLY_BYTES;
      } else {
        this.out.text(first.text);
        this.#heldBytes -= first.text.length;
      }
      this.#slots.giveBack(first);
    }
  }

  /** Bytes of replies that are ready and have not been handed to the network. */
  get #waitingBytes(): number {
    return this.#heldBytes + this.out.length;
  }

  /** Takes what is ready to be written. */
  takeOut(): Lines {
    this.unsentBytes += this.out.length;
    return this.out.take();
  }
}
