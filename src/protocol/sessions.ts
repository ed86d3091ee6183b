import type { ConnectionEvent, ConnectionId, Effect } from "./machine.ts";
import type { ArithmeticRequest, Malformed, Request } from "./messages.ts";
import { encodeErrorReply } from "./encode.ts";
import { wireError } from "./errors.ts";
import { MAX_HELD_BYTES, MAX_REQUESTS } from "../limits.ts";
import { GOODBYE_LINE } from "./hello.ts";
import { linesText } from "./line_writer.ts";
import { type ReplySlot, ReplySlots, Session } from "./session.ts";
import { readRequests } from "./session_reader.ts";

/** How much more must have come before those who are in the way are searched for again. */
const SEARCH_STEP_BYTES = MAX_HELD_BYTES / 64;

/** What sessions need of the role that answers them. */
export interface SessionsPort {
  /** Whether requests may be read at all, or the role has as many as it can hold. */
  mayRead(): boolean;
  /** About how many bytes the reply to a request may have: they are counted as held from the beginning. */
  replyBytes(request: Request): number;
  /**
   * A well-formed request, to be answered in its slot. A basic operation is valid only until this returns: the next
   * one is read into the same object.
   */
  request(session: Session, slot: ReplySlot, request: Request): void;
}

/**
 * The requesters' side of a server or worker: every accepted connection, its requests in, its replies out in
 * order, its end in good order. Pure.
 */
export class Sessions {
  readonly #sessions = new Map<ConnectionId, Session>();
  readonly #changed = new Set<Session>();
  readonly #maxLineBytes: number;
  readonly #port: SessionsPort;
  readonly #slots = new ReplySlots();
  /** Whether somebody was kept from asking more because the role holds all that it can. */
  #held = false;
  /** Bytes of what came and is not read, of requests that are not answered, and of replies that are not taken. */
  #heldBytes = 0;
  /** How much is held when all are looked at for who is in the way of the others. */
  #searchAtBytes = MAX_HELD_BYTES;
  #stopping = false;

  /** No sessions yet. */
  constructor(maxLineBytes: number, port: SessionsPort) {
    this.#maxLineBytes = maxLineBytes;
    this.#port = port;
  }

  /** How many there are. */
  get size(): number {
    return this.#sessions.size;
  }

  /** Takes an event of one of the connections. */
  step(event: ConnectionEvent): void {
    const { connection } = event;
    switch (event.kind) {
      case "accepted":
        return this.#accepted(connection);
      case "received":
        return this.#received(connection, event.bytes);
      case "ended":
        return this.#ended(connection);
      case "closed":
        return this.#closed(connection);
      case "drained":
        return this.#drained(connection);
    }
  }

  /** A connection that we have dialled, over which the peer may ask as over one that it has dialled. */
  open(connection: ConnectionId): Session {
    this.#accepted(connection);
    return this.#sessions.get(connection)!;
  }

  /** Whether a connection is a session's. */
  has(connection: ConnectionId): boolean {
    return this.#sessions.has(connection);
  }

  /** Gives a connection away: no more requests come over it. Gives what is still to be written. */
  release(session: Session): string {
    this.#delete(session);
    return linesText(session.takeOut());
  }

  #accepted(connection: ConnectionId): void {
    const session = new Session(connection, this.#maxLineBytes, this.#slots);
    session.closing = this.#stopping;
    this.#sessions.set(connection, session);
    if (this.#stopping) this.#changed.add(session);
  }

  #received(connection: ConnectionId, bytes: Uint8Array): void {
    const session = this.#sessions.get(connection);
    if (session === undefined || session.closing) return;
    session.framer.push(bytes);
    this.#read(session);
  }

  #ended(connection: ConnectionId): void {
    const session = this.#sessions.get(connection);
    if (session === undefined) return;
    session.ended = true;
    this.#read(session);
  }

  #closed(connection: ConnectionId): void {
    const session = this.#sessions.get(connection);
    if (session === undefined) return;
    this.#delete(session);
  }

  #drained(connection: ConnectionId): void {
    const session = this.#sessions.get(connection);
    if (session === undefined) return;
    this.#hold(session, -session.unsentBytes);
    session.unsentBytes = 0;
    if (session.paused) this.#read(session);
  }

  /** Answers a request. */
  reply(session: Session, slot: ReplySlot, text: string): void {
    if (session.gone) return;
    const { bytes } = slot;
    this.#hold(session, session.reply(slot, text) - bytes);
    this.#changed.add(session);
  }

  /** Answers a basic operation. */
  replyResult(session: Session, slot: ReplySlot, request: ArithmeticRequest, result: number): void {
    if (session.gone) return;
    const { bytes } = slot;
    this.#hold(session, session.replyResult(slot, request, result) - bytes);
    this.#changed.add(session);
  }

  /** Answers the sum of a range. */
  replySum(session: Session, slot: ReplySlot, sum: bigint): void {
    if (session.gone) return;
    const { bytes } = slot;
    this.#hold(session, session.replySum(slot, sum) - bytes);
    this.#changed.add(session);
  }

  /**
   * Ends in good order: those who have said hello are told, and end the connection when they have what they
   * want; of the others no more requests are taken, and their connections end after the last reply.
   */
  stop(): void {
    this.#stopping = true;
    for (const session of this.#sessions.values()) {
      if (session.greeted) this.#sayGoodbye(session);
      else session.closing = true;
      this.#changed.add(session);
    }
  }

  #sayGoodbye(session: Session): void {
    session.out.text(GOODBYE_LINE);
    this.#hold(session, GOODBYE_LINE.length);
  }

  /** Whether some session has changed since the last {@linkcode settle}. */
  get isUnsettled(): boolean {
    return this.#changed.size > 0;
  }

  /** Ends a step: what every changed session wants done. */
  settle(effects: Effect[]): void {
    if (this.#heldBytes < MAX_HELD_BYTES) this.#searchAtBytes = MAX_HELD_BYTES;
    else if (this.#heldBytes >= this.#searchAtBytes) this.#refuseUnfinished();
    if (this.#held && !this.#isFull()) this.#release();
    // Reading may answer at once, which changes the set again; every round makes replies or stops reading.
    while (this.#changed.size > 0) {
      for (const session of this.#changed) {
        this.#changed.delete(session);
        this.#settleOne(session, effects);
      }
    }
  }

  #settleOne(session: Session, effects: Effect[]): void {
    const { connection } = session;
    if (session.paused && this.#mayRead(session)) this.#read(session);
    if (this.#isInTheWay(session)) this.#refuse(session);
    if (session.out.length > 0) {
      effects.push({ kind: "write_lines", connection, lines: session.takeOut() });
    }
    if (this.#isOver(session)) {
      this.#delete(session);
      effects.push({ kind: "finish", connection });
      return;
    }
    const pause = !this.#mayRead(session);
    if (pause === session.paused) return;
    session.paused = pause;
    effects.push({ kind: pause ? "pause" : "resume", connection });
  }

  #isOver(session: Session): boolean {
    if (session.outstanding > 0) return false;
    return session.closing || (session.ended && session.framer.pendingBytes === 0);
  }

  #mayRead(session: Session): boolean {
    if (!session.mayRead) return false;
    if (!this.#held && !this.#isFull()) return true;
    // Those who have filled us wait; who has asked for less than his share may go on.
    this.#held = true;
    const sharers = this.#sessions.size;
    return session.outstanding < MAX_REQUESTS / sharers &&
      session.heldBytes < MAX_HELD_BYTES / sharers;
  }

  #hold(session: Session, bytes: number): void {
    session.heldBytes += bytes;
    this.#heldBytes += bytes;
  }

  /** Nobody reads its replies any more, and what it held is free. */
  #delete(session: Session): void {
    this.#hold(session, -session.heldBytes);
    this.#heldBytes -= session.pendingBytes;
    session.framer.discard();
    session.gone = session.closing = true;
    this.#sessions.delete(session.connection);
    this.#changed.delete(session);
  }

  #isFull(): boolean {
    return this.#heldBytes >= MAX_HELD_BYTES || !this.#port.mayRead();
  }

  /** The role has room again: everybody who was held reads on, in the order in which they came. */
  #release(): void {
    this.#held = false;
    for (const session of this.#sessions.values()) {
      if (session.paused) this.#changed.add(session);
    }
  }

  #read(session: Session): void {
    this.#changed.add(session);
    if (this.#mayRead(session)) {
      readRequests(session, (request) => this.#handle(session, request));
    } else session.framer.settle();
    if (!session.gone) this.#countPending(session);
  }

  #countPending(session: Session): void {
    const { pendingBytes } = session.framer;
    this.#heldBytes += pendingBytes - session.pendingBytes;
    session.pendingBytes = pendingBytes;
  }

  /** Ends those who are in the way, whoever came first before the others, until there is room. */
  #refuseUnfinished(): void {
    for (const session of this.#sessions.values()) {
      if (this.#isInTheWay(session)) this.#refuse(session);
    }
    // Looking at all of them costs time: not before much more has come.
    this.#searchAtBytes = this.#heldBytes + SEARCH_STEP_BYTES;
  }

  /**
   * Whether we are full, and this one has more than its share in a line that does not end. It cannot wait: what
   * it has is free only when the rest of the line comes.
   */
  #isInTheWay({ closing, ended, framer, pendingBytes }: Session): boolean {
    return this.#heldBytes >= MAX_HELD_BYTES && !closing && !ended &&
      pendingBytes >= MAX_HELD_BYTES / this.#sessions.size && framer.hasUnfinishedLine;
  }

  #refuse(session: Session): void {
    session.framer.discard();
    this.#countPending(session);
    this.#handle(session, NO_ROOM_FOR_LINE);
  }

  #handle(session: Session, request: Request | Malformed): void {
    const lineBytes = session.framer.end - session.framer.start;
    const replyBytes = request.op === "malformed" ? 0 : this.#port.replyBytes(request);
    const bytes = lineBytes + replyBytes;
    const slot = session.take(request.id, bytes);
    this.#hold(session, bytes);
    if (request.op !== "malformed") {
      this.#port.request(session, slot, request);
      return;
    }
    if (request.fatal) session.closing = true;
    this.reply(session, slot, encodeErrorReply(request.error, request.id));
  }
}

const NO_ROOM_FOR_LINE: Malformed = {
  op: "malformed",
  error: wireError("no_room_for_line"),
  fatal: true,
};
