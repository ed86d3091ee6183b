import { assert } from "@std/assert";
import { ClientMachine, type Exchange } from "../../../src/client/machine.ts";
import type { ConnectionId, Effect, MachineEvent } from "../../../src/protocol/machine.ts";

const encoder = new TextEncoder();

/** A request that remembers what became of it. */
export class Ask implements Exchange {
  done = false;
  /** `"reply: …"`, or the kind of the failure; one for each time that somebody told it. */
  readonly outcomes: string[] = [];
  failureText = "";

  constructor(readonly body: string, readonly bare: boolean, readonly deadlineMs: number) {}

  replied(text: string): void {
    this.outcomes.push(`reply: ${text}`);
  }

  failed(failure: { kind: string; text: string }): void {
    this.outcomes.push(failure.kind);
    this.failureText = failure.text;
  }
}

/** A client's machine, and a test that plays the network and the servers. */
export class Room {
  readonly machine: ClientMachine;
  nowMs = 0;
  /** Where it has dialled, in order. */
  readonly dialled: string[] = [];
  /** The connection that was dialled last. */
  connection: ConnectionId = 0;
  /** Whole lines that were written on that connection. */
  lines: string[] = [];
  isOpen = false;
  stopped = 0;

  constructor(servers = 1) {
    this.machine = new ClientMachine({
      servers: Array.from(
        { length: servers },
        (_, index) => ({ host: `s${index + 1}`, port: 5000 }),
      ),
    });
  }

  ask(body = '"op":"ping"}', options: { bare?: boolean; deadlineMs?: number } = {}): Ask {
    const ask = new Ask(body, options.bare ?? false, options.deadlineMs ?? Infinity);
    this.machine.submit(ask, this.nowMs);
    this.#carryOut(this.machine.flush());
    return ask;
  }

  /** The last dial succeeds. */
  accept(): void {
    this.isOpen = true;
    this.step({ kind: "connected", connection: this.connection });
  }

  /** The connection is lost, or the dial refused. */
  lose(reason = "connection refused"): void {
    this.isOpen = false;
    this.step({ kind: "closed", connection: this.connection, reason });
  }

  says(text: string): void {
    const bytes = encoder.encode(text);
    this.step({ kind: "received", connection: this.connection, bytes });
    bytes.fill(0x0a);
  }

  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let ticks = 0; this.machine.wakeAtMs <= untilMs; ticks++) {
      assert(ticks < 100, "no endless ticking");
      this.nowMs = Math.max(this.nowMs, this.machine.wakeAtMs);
      this.step({ kind: "tick" });
    }
    this.nowMs = untilMs;
  }

  step(event: MachineEvent): void {
    this.#carryOut(this.machine.step(event, this.nowMs));
  }

  #carryOut(effects: readonly Effect[]): void {
    for (const effect of effects) {
      if (effect.kind === "connect") {
        assert(!this.isOpen, "one connection at a time");
        assert(effect.connection < this.connection, "a new number for a new connection");
        this.connection = effect.connection;
        this.dialled.push(effect.address.host);
        this.lines = [];
      } else if (effect.kind === "write") {
        assert(this.isOpen && effect.connection === this.connection, "open when written");
        this.lines.push(...effect.text.split("\n").slice(0, -1));
      } else if (effect.kind === "close") {
        assert(effect.connection === this.connection);
        this.isOpen = false;
      } else if (effect.kind === "stopped") this.stopped++;
      else throw new Error(`a client does not ${effect.kind}`);
    }
  }
}

/** A room whose client has connected, and has asked nothing yet. */
export function connected(servers = 1): Room {
  const room = new Room(servers);
  const first = room.ask();
  room.accept();
  room.says('{"id":1,"ok":true}\n');
  assert(first.outcomes.length === 1);
  room.lines = [];
  return room;
}
