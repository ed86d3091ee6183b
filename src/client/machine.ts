import {
  CONNECT_TIMEOUT_MS,
  HEARTBEAT_INTERVAL_MS,
  HEARTBEATS_TO_DOWN,
  MAX_REPLY_LINE_BYTES,
} from "../limits.ts";
import { formatAddress } from "../protocol/address.ts";
import { decodeReply } from "../protocol/decode_reply.ts";
import { LineFramer, LineTexts } from "../protocol/framing.ts";
import type {
  Address,
  ConnectionEvent,
  ConnectionId,
  Effect,
  Machine,
  MachineEvent,
} from "../protocol/machine.ts";
import type { RequestId } from "../protocol/messages.ts";
import { Queue } from "../protocol/queue.ts";

/** Why a request got no reply. */
export interface ExchangeFailure {
  /** No server could be reached, or the time was up, or we closed first. */
  readonly kind: "unreachable" | "timeout" | "closed";
  /** In plain English. */
  readonly text: string;
}

/** One request and who waits for its reply. */
export interface Exchange {
  /** The request's members after the opening brace and the `id`, with the closing brace. */
  readonly body: string;
  /** Whether it goes without an `id`, to be answered in order. */
  readonly bare: boolean;
  /** When to give up, in milliseconds of the machine's clock; `Infinity` for never. */
  readonly deadlineMs: number;
  /** Whether it is over: replied, failed, or given up by its requester. */
  done: boolean;
  /** Takes the reply line, without its newline. */
  replied(text: string): void;
  /** Takes the reason why there is none. */
  failed(failure: ExchangeFailure): void;
}

/** How a client's machine is set up. */
export interface ClientMachineOptions {
  /** The servers, in order of preference. At least one. */
  readonly servers: readonly Address[];
}

/** What a silent server is asked; nobody waits for the answer but the connection. */
const PING: Exchange = {
  body: '"op":"ping"}',
  bare: false,
  deadlineMs: Infinity,
  done: false,
  replied: () => {},
  failed: () => {},
};

const ID_FIRST = /^\{"id":(\d+)[,}]/;

/**
 * The client role without sockets and clock: requests over one connection, replies matched to them. A lost
 * connection is dialled again, at the next server if there are several, and what was unanswered is asked
 * again, which is safe because every operation is pure. Requests fail when every server has failed in a row.
 */
export class ClientMachine implements Machine {
  wakeAtMs = Infinity;
  readonly #servers: readonly Address[];
  readonly #byId = new Map<number, Exchange>();
  #bare = new Queue<Exchange>();
  #framer = new LineFramer(MAX_REPLY_LINE_BYTES);
  readonly #texts = new LineTexts();
  #connection: ConnectionId | undefined;
  #isOpen = false;
  #dialDeadlineMs = Infinity;
  #lastConnection = 0;
  #lastId = 0;
  #server = 0;
  /** Servers that failed since one last replied. */
  #failures = 0;
  #out = "";
  #effects: Effect[] = [];
  #isClosed = false;
  /** When the server was last heard, or first asked after a pause. */
  #heardMs = 0;
  #pings = 0;

  /** A client that has not dialled yet: it does when it has something to ask. */
  constructor(options: ClientMachineOptions) {
    this.#servers = options.servers;
  }

  /** Requests that wait for their replies. */
  get inFlight(): number {
    return this.#byId.size + this.#bare.size;
  }

  /** Asks. What is to be done comes with the next {@linkcode flush}. */
  submit(exchange: Exchange, nowMs: number): void {
    if (this.#isClosed) {
      exchange.done = true;
      return exchange.failed({ kind: "closed", text: "the client is closed" });
    }
    let id: number | undefined;
    if (this.inFlight === 0) this.#heard(nowMs);
    if (exchange.bare) this.#bare.push(exchange);
    else this.#byId.set(id = ++this.#lastId, exchange);
    if (exchange.deadlineMs < this.wakeAtMs) this.wakeAtMs = exchange.deadlineMs;
    if (this.#isOpen) this.#out += lineOf(exchange, id);
    else if (this.#connection === undefined) this.#dial(nowMs);
  }

  /** What is to be done since the last time. */
  flush(): Effect[] {
    if (this.#out !== "" && this.#connection !== undefined) {
      this.#effects.push({ kind: "write", connection: this.#connection, text: this.#out });
      this.#out = "";
    }
    const effects = this.#effects;
    this.#effects = [];
    return effects;
  }

  /** Takes one event. */
  step(event: MachineEvent, nowMs: number): Effect[] {
    if (event.kind === "tick") this.#tick(nowMs);
    else if (event.kind === "stop") this.#stop();
    else if (event.connection === this.#connection) this.#connectionEvent(event, nowMs);
    return this.flush();
  }

  #connectionEvent(event: ConnectionEvent, nowMs: number): void {
    switch (event.kind) {
      case "connected":
        return this.#connected(nowMs);
      case "received":
        return this.#received(event.bytes, nowMs);
      case "ended":
        return this.#drop("the server closed the connection", nowMs);
      case "closed":
        return this.#lost(event.reason, nowMs);
    }
  }

  #dial(nowMs: number): void {
    const connection = --this.#lastConnection;
    this.#connection = connection;
    // With another server to turn to, a silent one is not worth waiting for.
    this.#dialDeadlineMs = this.#servers.length > 1 ? nowMs + CONNECT_TIMEOUT_MS : Infinity;
    this.wakeAtMs = Math.min(this.wakeAtMs, this.#dialDeadlineMs);
    const address = this.#servers[this.#server]!;
    this.#effects.push({ kind: "connect", connection, address });
  }

  #connected(nowMs: number): void {
    this.#isOpen = true;
    this.#heard(nowMs);
    this.#dialDeadlineMs = Infinity;
    this.#framer = new LineFramer(MAX_REPLY_LINE_BYTES);
    this.#forgetDone();
    for (const exchange of this.#bare) this.#out += lineOf(exchange, undefined);
    for (const [id, exchange] of this.#byId) this.#out += lineOf(exchange, id);
  }

  #received(bytes: Uint8Array, nowMs: number): void {
    const framer = this.#framer;
    this.#heard(nowMs);
    framer.push(bytes);
    this.#texts.begin();
    while (framer.next()) {
      if (framer.start === framer.end) continue;
      const text = this.#texts.current(framer);
      if (text === undefined || !this.#reply(text)) {
        return this.#drop("it answered something that is no reply: is it a calc_server?", nowMs);
      }
      this.#failures = 0;
    }
    if (framer.overflowed) this.#drop("the server answered with an endless line", nowMs);
    else framer.settle();
  }

  #reply(text: string): boolean {
    const match = ID_FIRST.exec(text);
    let id: RequestId | undefined;
    if (match !== null) id = Number(match[1]);
    else if (this.#byId.size > 0 || !text.startsWith('{"ok":')) {
      const reply = decodeReply(text);
      if (reply === undefined) return false;
      id = reply.id;
    }
    if (id === undefined) {
      const exchange = this.#bare.shift();
      if (exchange === undefined) return false;
      settle(exchange, text);
      return true;
    }
    const exchange = this.#byId.get(id as number);
    // One that was given up has been forgotten, and is answered all the same.
    if (exchange === undefined) return typeof id === "number" && id <= this.#lastId;
    this.#byId.delete(id as number);
    settle(exchange, text);
    return true;
  }

  #drop(reason: string, nowMs: number): void {
    if (this.#connection === undefined) return;
    this.#effects.push({ kind: "close", connection: this.#connection });
    this.#lost(reason, nowMs);
  }

  #lost(reason: string, nowMs: number): void {
    const server = formatAddress(this.#servers[this.#server]!);
    this.#connection = undefined;
    this.#isOpen = false;
    this.#dialDeadlineMs = Infinity;
    this.#out = "";
    this.#failures++;
    this.#server = (this.#server + 1) % this.#servers.length;
    // A bare request that was given up kept its place only for the order on the connection that is lost.
    this.#forgetDone();
    if (this.inFlight === 0) return;
    // One that was lost while it worked gets a second chance beside the others.
    if (this.#failures <= this.#servers.length) this.#dial(nowMs);
    else this.#failAll({ kind: "unreachable", text: `cannot reach ${server}: ${reason}` });
  }

  #tick(nowMs: number): void {
    this.wakeAtMs = Infinity;
    if (nowMs >= this.#dialDeadlineMs && !this.#isOpen) this.#drop("no answer to connect", nowMs);
    this.#heartbeat(nowMs);
    let earliestMs = this.#isOpen ? Infinity : this.#dialDeadlineMs;
    for (const exchange of this.#all()) {
      if (!exchange.done && nowMs >= exchange.deadlineMs) {
        exchange.done = true;
        exchange.failed({ kind: "timeout", text: this.#timeoutText() });
      } else if (!exchange.done) earliestMs = Math.min(earliestMs, exchange.deadlineMs);
    }
    for (const [id, exchange] of this.#byId) if (exchange.done) this.#byId.delete(id);
    this.wakeAtMs = Math.min(this.wakeAtMs, earliestMs);
  }

  #heard(nowMs: number): void {
    this.#heardMs = nowMs;
    this.#pings = 0;
    this.#wakeForHeartbeat();
  }

  /** With another server to turn to, one that owes replies is asked whether it lives. */
  #heartbeat(nowMs: number): void {
    if (!this.#isOpen || this.inFlight === 0 || this.#servers.length === 1) return;
    const silences = Math.floor((nowMs - this.#heardMs) / HEARTBEAT_INTERVAL_MS);
    if (silences >= HEARTBEATS_TO_DOWN) return this.#drop("no answer", nowMs);
    if (silences > this.#pings) {
      this.#pings = silences;
      this.#byId.set(++this.#lastId, { ...PING });
      this.#out += lineOf(PING, this.#lastId);
    }
    this.#wakeForHeartbeat();
  }

  #wakeForHeartbeat(): void {
    if (this.#servers.length === 1) return;
    const dueMs = this.#heardMs + (this.#pings + 1) * HEARTBEAT_INTERVAL_MS;
    this.wakeAtMs = Math.min(this.wakeAtMs, dueMs);
  }

  #timeoutText(): string {
    const server = formatAddress(this.#servers[this.#server]!);
    return this.#isOpen ? `${server} did not answer in time` : `cannot reach ${server}: no answer`;
  }

  #stop(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#failAll({ kind: "closed", text: "the client was closed" });
    const connection = this.#connection;
    this.#connection = undefined;
    this.wakeAtMs = Infinity;
    if (connection !== undefined) this.#effects.push({ kind: "close", connection });
    this.#effects.push({ kind: "stopped" });
  }

  *#all(): Iterable<Exchange> {
    yield* this.#byId.values();
    yield* this.#bare;
  }

  #forgetDone(): void {
    const bare = this.#bare;
    this.#bare = new Queue();
    for (const exchange of bare) if (!exchange.done) this.#bare.push(exchange);
    for (const [id, exchange] of this.#byId) if (exchange.done) this.#byId.delete(id);
  }

  #failAll(failure: ExchangeFailure): void {
    const all = [...this.#all()];
    this.#byId.clear();
    this.#bare = new Queue();
    this.#failures = 0;
    for (const exchange of all) {
      if (exchange.done) continue;
      exchange.done = true;
      exchange.failed(failure);
    }
  }
}

function lineOf(exchange: Exchange, id: number | undefined): string {
  return id === undefined ? `{${exchange.body}\n` : `{"id":${id},${exchange.body}\n`;
}

function settle(exchange: Exchange, text: string): void {
  if (exchange.done) return;
  exchange.done = true;
  exchange.replied(text);
}
