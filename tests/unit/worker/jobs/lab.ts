import { assert, assertEquals } from "@std/assert";
import { ChannelFramer } from "../../../../src/jobs/channel_framer.ts";
import type { ConnectionId, Effect } from "../../../../src/protocol/machine.ts";
import { Random } from "../../../../src/scheduling/random.ts";
import { Runner } from "../../../../src/worker/jobs/runner.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A message as a peer sees it, with the text of the bytes that followed it, or that was printed. */
export type Heard = Readonly<Record<string, unknown>> & {
  readonly op: string;
  readonly text: string;
};

/** One of the runner's connections, seen from its other end. */
export class Peer {
  readonly connection: ConnectionId;
  /** What the runner has said, and nobody has taken yet. */
  heard: Heard[] = [];
  /** Whether the runner has closed or finished it. */
  end: "close" | "finish" | undefined;
  isPaused = false;
  readonly #lab: Lab;
  readonly #framer = new ChannelFramer();

  constructor(connection: ConnectionId, lab: Lab) {
    this.connection = connection;
    this.#lab = lab;
  }

  /** Sends the runner a message, and bytes after it. */
  say(message: Readonly<Record<string, unknown>>, text?: string): void {
    const payload = text === undefined ? new Uint8Array() : encoder.encode(text);
    const counted = text === undefined ? message : { ...message, bytes: payload.length };
    const line = encoder.encode(JSON.stringify(counted) + "\n");
    this.sayBytes(Uint8Array.from([...line, ...payload]));
  }

  sayBytes(bytes: Uint8Array): void {
    assertEquals(this.end, undefined, "nobody talks to a connection that is closed");
    this.#lab.step({ kind: "received", connection: this.connection, bytes });
    // What came is borrowed.
    bytes.fill(0x20);
  }

  /** It is gone, without the runner's doing. */
  lose(reason = "connection reset"): void {
    this.end = "close";
    this.#lab.step({ kind: "closed", connection: this.connection, reason });
  }

  /** All that was said since the last time. */
  take(): Heard[] {
    const { heard } = this;
    this.heard = [];
    return heard;
  }

  /** Takes bytes of the runner. */
  write(bytes: Uint8Array): void {
    assertEquals(this.end, undefined, "nothing is written to a connection that is closed");
    this.#framer.push(bytes);
    for (let one = this.#framer.next(); one !== undefined; one = this.#framer.next()) {
      const { members, payload } = one;
      const text = members.op === "print" ? String(members.text) : decoder.decode(payload);
      this.heard.push({ ...members, text });
    }
    assertEquals(this.#framer.fault, undefined);
  }
}

/** A process that the runner has started. */
export class FakeSlot extends Peer {
  isConnected = false;
}

/** A runner, and a test that plays its requesters, its slots, the network and the clock. */
export class Lab {
  readonly runner: Runner;
  nowMs = 0;
  wakeAtMs = Infinity;
  readonly slots: FakeSlot[] = [];
  readonly peers = new Map<ConnectionId, Peer>();
  readonly logs: string[] = [];
  readonly endedChannels: ConnectionId[] = [];
  /** Whether processes connect as soon as they are started. */
  readonly #connectsAtOnce: boolean;
  readonly #starting: FakeSlot[] = [];
  readonly #effects: Effect[] = [];
  #lastConnection = 0;
  #lastChannel = 0;

  constructor(slots = 1, connectsAtOnce = true) {
    this.#connectsAtOnce = connectsAtOnce;
    const random = new Random(1);
    this.runner = new Runner({ slots, sha256: fakeSha256 }, {
      newConnection: () => --this.#lastConnection,
      effect: (effect) => this.#effects.push(effect),
      wakeBy: (atMs) => this.wakeAtMs = Math.min(this.wakeAtMs, atMs),
      random: () => random.next(),
      channelEnded: (connection) => this.endedChannels.push(connection),
    });
    this.advance(0);
  }

  /** Gives the runner an event of a connection. */
  step(event: Parameters<Runner["step"]>[0]): void {
    this.runner.step(event, this.nowMs);
    this.#carryOut();
  }

  /** Time passes, tick by tick. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    do {
      this.nowMs = Math.max(this.nowMs, Math.min(this.wakeAtMs, untilMs));
      this.wakeAtMs = Infinity;
      this.runner.tick(this.nowMs);
      this.#carryOut();
    } while (this.wakeAtMs <= untilMs && this.nowMs < untilMs);
    this.nowMs = untilMs;
  }

  leave(): void {
    this.runner.leave(this.nowMs);
    this.#carryOut();
  }

  /** A new job channel, from somebody who asked for it (or of a coordinator that was dialled). */
  channel(isDialled = false): Peer {
    const connection = isDialled ? --this.#lastConnection : ++this.#lastChannel;
    const peer = new Peer(connection, this);
    this.peers.set(connection, peer);
    this.runner.takeChannel(connection, "lab#2", this.nowMs);
    this.#carryOut();
    return peer;
  }

  /** The process has started and connects. */
  connect(slot: FakeSlot): void {
    slot.isConnected = true;
    this.step({ kind: "connected", connection: slot.connection });
  }

  /** Those that live, in the order in which they were started. */
  get alive(): FakeSlot[] {
    return this.slots.filter(({ end }) => end === undefined);
  }

  /** The slots that have been given a chunk which they have not answered for, as far as the test has looked. */
  get busy(): FakeSlot[] {
    return this.alive.filter(({ heard }) => heard.some(({ op }) => op === "chunk"));
  }

  #carryOut(): void {
    for (const effect of this.#effects.splice(0)) this.#carryOutOne(effect);
    const starting = this.#starting.splice(0);
    if (this.#connectsAtOnce) { for (const slot of starting) this.connect(slot); }
  }

  #carryOutOne(effect: Effect): void {
    if (effect.kind === "log") {
      this.logs.push(`${effect.level} ${effect.text}`);
      return;
    }
    if (effect.kind === "spawn") {
      const slot = new FakeSlot(effect.connection, this);
      this.slots.push(slot);
      this.#starting.push(slot);
      this.peers.set(effect.connection, slot);
      return;
    }
    assert("connection" in effect, `no ${effect.kind} by a runner`);
    const peer = this.peers.get(effect.connection);
    assert(peer !== undefined, `${effect.kind} of a connection that is known`);
    if (effect.kind === "write") peer.write(encoder.encode(effect.text));
    else if (effect.kind === "write_bytes") peer.write(effect.bytes.slice());
    else if (effect.kind === "pause" || effect.kind === "resume") {
      assertEquals(peer.end, undefined, `${effect.kind} after the end`);
      assert(peer.isPaused !== (effect.kind === "pause"), `${effect.kind} twice`);
      peer.isPaused = effect.kind === "pause";
    } else {
      assertEquals(peer.end, undefined, `${effect.kind} after the end`);
      assert(effect.kind === "close" || effect.kind === "finish");
      peer.end = effect.kind;
    }
  }
}

/** What takes the place of a hash: 64 digits that depend on every byte. */
export function fakeSha256(pieces: readonly Uint8Array[]): string {
  let sum = 0;
  for (const piece of pieces) for (const byte of piece) sum = (sum * 31 + byte) % 2 ** 31;
  return sum.toString(16).padStart(64, "0");
}

/** A module, and the message that opens a job with it. */
export function openMessage(job: number, code = "export", members: object = {}) {
  const bytes = encoder.encode(code);
  return {
    op: "open",
    job,
    name: "score.ts",
    sha256: fakeSha256([bytes]),
    code_bytes: bytes.length,
    input: "range",
    call: "map",
    reduce: null,
    seed: 0,
    ...members,
  };
}

/** Opens a job, and sends its module if it is asked for. */
export function open(channel: Peer, job: number, code = "export", members: object = {}): void {
  channel.say(openMessage(job, code, members));
  const isNeeded = channel.heard.some((one) => one.op === "need" && one.job === job);
  if (!isNeeded) return;
  channel.heard = channel.heard.filter(({ op }) => op !== "need");
  channel.say({ op: "code", job }, code);
}

/** Gives a chunk of a range, whose numbers are the positions. */
export function range(
  channel: Peer,
  job: number,
  chunk: number,
  position: number,
  count: number,
  credit = 1_000_000,
): void {
  channel.say({ op: "chunk", job, chunk, position, count, first: String(position), credit });
}
