import { assert } from "@std/assert";
import { ChannelFramer } from "../../../src/jobs/channel_framer.ts";
import type { ConnectionId, MachineEvent } from "../../../src/protocol/machine.ts";
import { ServerMachine } from "../../../src/server/machine.ts";
import { textEffects } from "../../support/effects.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** One connection of the server, and what it has written on it. */
export interface Wire {
  readonly connection: ConnectionId;
  text: string;
  /** How the server has ended it, if it has. */
  end: "finish" | "close" | undefined;
}

/** The opening of a job that nothing is wrong with. */
export const OPENING = {
  op: "open",
  job: 1,
  name: "f.js",
  sha256: "a".repeat(64),
  code_bytes: 3,
  input: "range",
  call: "map",
  reduce: null,
  seed: 0,
};

/** The code whose hash the opening names. */
const CODE = "1+1";

/** A server's machine of which every byte is the test's: nobody answers but the test. */
export class JobWires {
  readonly machine: ServerMachine;
  readonly wires: Map<ConnectionId, Wire> = new Map();
  /** Connections that it dials, in order. */
  readonly dialled: Wire[] = [];
  readonly logs: string[] = [];
  nowMs = 0;
  hasStopped = false;
  #lastAccepted = 0;

  constructor(workers: number, allowsChanges = true) {
    this.machine = new ServerMachine({
      workers: Array.from({ length: workers }, (_, index) => ({ host: `w${index + 1}`, port: 1 })),
      workerTimeoutMs: 2000,
      maxLineBytes: 1024 * 1024,
      seed: 1,
      facts: { role: "calc_server", cores: 8, platform: "linux-x86_64" },
      allowsChanges,
      sha256: (pieces) => {
        const text = pieces.map((piece) => decoder.decode(piece)).join("");
        return (text === CODE ? "a" : "b").repeat(64);
      },
    });
    this.step({ kind: "tick" });
  }

  step(event: MachineEvent): void {
    for (const effect of textEffects(this.machine.step(event, this.nowMs))) {
      if (effect.kind === "log") this.logs.push(effect.text);
      else if (effect.kind === "stopped") this.hasStopped = true;
      else if (effect.kind === "connect") {
        const wire: Wire = { connection: effect.connection, text: "", end: undefined };
        this.wires.set(effect.connection, wire);
        this.dialled.push(wire);
      } else if ("connection" in effect) {
        const wire = this.wires.get(effect.connection);
        assert(wire !== undefined && wire.end === undefined, `${effect.kind} on what is open`);
        if (effect.kind === "write") wire.text += effect.text;
        else if (effect.kind === "write_bytes") wire.text += decoder.decode(effect.bytes);
        else if (effect.kind === "finish" || effect.kind === "close") wire.end = effect.kind;
      }
    }
  }

  /** Somebody connects. */
  accept(): Wire {
    const wire: Wire = { connection: ++this.#lastAccepted, text: "", end: undefined };
    this.wires.set(wire.connection, wire);
    this.step({ kind: "accepted", connection: wire.connection, remote: "10.0.0.1:1" });
    return wire;
  }

  /** A peer sends lines, or a text. */
  send({ connection }: Wire, ...lines: (object | string)[]): void {
    const text = lines.map((line) => typeof line === "string" ? line : JSON.stringify(line) + "\n");
    this.step({ kind: "received", connection, bytes: encoder.encode(text.join("")) });
  }

  /** What was written on a connection since it was looked at last. */
  take(wire: Wire): string {
    const { text } = wire;
    wire.text = "";
    return text;
  }

  /** The messages that were written on a channel since it was looked at last. */
  messages(wire: Wire): Record<string, unknown>[] {
    const framer = new ChannelFramer();
    framer.push(encoder.encode(this.take(wire)));
    const all: Record<string, unknown>[] = [];
    for (let one = framer.next(); one !== undefined; one = framer.next()) all.push(one.members);
    assert(framer.fault === undefined);
    return all;
  }

  /** A dialled worker is connected and greets, with slots if it runs code. */
  greet(wire: Wire, slots?: number, role = "worker"): void {
    this.step({ kind: "connected", connection: wire.connection });
    this.take(wire);
    this.send(wire, { ok: true, op: "hello", protocol: 1, role, version: "9", slots });
  }

  /** A client's channel. */
  client(): Wire {
    const wire = this.accept();
    this.send(wire, { op: "channel", protocol: 1 });
    assert(this.take(wire).startsWith('{"ok":true,"op":"channel"'));
    return wire;
  }

  /** The server dials a channel to a worker that has greeted, and the worker agrees. */
  channel(slots: number): Wire {
    this.advance(0);
    const wire = this.dialled.at(-1)!;
    this.step({ kind: "connected", connection: wire.connection });
    assert(this.take(wire) === '{"op":"channel","protocol":1}\n');
    this.send(wire, { ok: true, op: "channel", protocol: 1, role: "worker", slots });
    return wire;
  }

  /** Time passes, with a tick whenever one is wanted; channels answer pings. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    while (this.machine.wakeAtMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.machine.wakeAtMs);
      this.step({ kind: "tick" });
    }
    this.nowMs = untilMs;
  }
}
