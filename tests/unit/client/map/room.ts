import { assert, assertEquals } from "@std/assert";
import type { Failure, JobEnd, MapJob, Values } from "../../../../src/client/map/job.ts";
import { MapMachine } from "../../../../src/client/map/machine.ts";
import { ChannelFramer, messageLine } from "../../../../src/jobs/channel_framer.ts";
import type { ConnectionId, Effect, MachineEvent } from "../../../../src/protocol/machine.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** A message that the client sent, with the text that followed it. */
export type Sent = Readonly<Record<string, unknown>> & { readonly op: string; text?: string };

/** The reply that makes a connection a channel. */
const GRANTED =
  '{"ok":true,"op":"channel","protocol":1,"role":"calc_server","version":"0","slots":1}';

/** A job's machine, and a test that plays the network and the servers. */
export class MapRoom {
  readonly machine: MapMachine;
  nowMs = 0;
  /** Where it has dialled, in order. */
  readonly dialled: string[] = [];
  /** The connection that was dialled last. */
  connection: ConnectionId = 0;
  /** What the client has told whoever runs it. */
  readonly told: string[] = [];
  /** Connections that it ended: `close` at once, or `finish` after what was said. */
  readonly ended: string[] = [];
  /** What it sent and the test has not looked at. */
  #sent: Sent[] = [];
  #framer = new ChannelFramer();
  #greeting: string | undefined = "";
  isOpen = false;
  /** How often it was told that its server is lost. */
  losses = 0;

  constructor(job: Partial<MapJob> = {}, servers = 1, timeoutMs = 10_000) {
    this.machine = new MapMachine({
      servers: Array.from({ length: servers }, (_, index) => ({ host: `s${index + 1}`, port: 5 })),
      timeoutMs,
      job: {
        name: "f.ts",
        code: encoder.encode("code"),
        sha256: "abc",
        input: job.range === undefined ? "items" : "range",
        call: "map",
        reduce: null,
        seed: 7,
        ...job,
      },
      port: {
        values: (values: Values) => this.told.push(`${span(values)} ${textOf(values.bytes)}`),
        failed: ({ position, cause, error, item }: Failure) =>
          this.told.push(`${position} failed: ${cause} ${error} of ${item}`),
        printed: ({ position, worker, text }) =>
          this.told.push(`printed ${text}${position > 0 ? ` at ${position}` : ""}${worker ?? ""}`),
        progressed: ({ workers, slots }) => this.told.push(`progress ${workers} ${slots}`),
        lost: () => this.losses++,
        roomMade: () => {},
        answered: () => this.told.push("answered"),
        ended: (end: JobEnd) => this.told.push(`ended ${end.kind}: ${endText(end)}`),
      },
    });
  }

  /** Begins, behind what was answered before. */
  begin(skipped = 0): void {
    this.machine.begin(skipped);
    this.carryOut();
    this.advance(0);
  }

  /** Gives lines. */
  give(...lines: readonly string[]): void {
    this.machine.give({
      count: lines.length,
      bytes: encoder.encode(lines.map((line) => `${line}\n`).join("")),
    });
    this.carryOut();
  }

  endInput(): void {
    this.machine.endInput();
    this.carryOut();
  }

  /** The last dial succeeds, and the server makes the connection a channel. */
  accept(reply = GRANTED): void {
    this.isOpen = true;
    this.step({ kind: "connected", connection: this.connection });
    assertEquals(this.#greeting, '{"op":"channel","protocol":1}\n');
    this.#greeting = undefined;
    this.saysText(`${reply}\n`);
  }

  /** The connection is lost, or the dial refused. */
  lose(reason = "connection refused"): void {
    this.isOpen = false;
    this.step({ kind: "closed", connection: this.connection, reason });
  }

  /** The server says something of the job, with what follows it. */
  says(message: Readonly<Record<string, unknown>>, text?: string): void {
    const bytes = text === undefined ? {} : { bytes: encoder.encode(text).length };
    this.saysText(messageLine({ job: 1, ...message, ...bytes }) + (text ?? ""));
  }

  /** The server gives results of a chunk: a line each. */
  results(chunk: number, position: number, ...lines: readonly string[]): void {
    const text = lines.map((line) => `${line}\n`).join("");
    this.says({ op: "result", chunk, position, count: lines.length }, text);
  }

  saysText(text: string): void {
    const bytes = encoder.encode(text);
    this.step({ kind: "received", connection: this.connection, bytes });
    bytes.fill(0x0a);
  }

  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    for (let ticks = 0; this.machine.wakeAtMs <= untilMs; ticks++) {
      assert(ticks < 1000, "no endless ticking");
      this.nowMs = Math.max(this.nowMs, this.machine.wakeAtMs);
      this.step({ kind: "tick" });
    }
    this.nowMs = untilMs;
  }

  step(event: MachineEvent): void {
    this.carryOut(this.machine.step(event, this.nowMs));
  }

  /** What the client has sent since the last time. */
  sent(): Sent[] {
    const sent = this.#sent;
    this.#sent = [];
    return sent;
  }

  /** The chunks among what was sent since the last time, as `chunk 2: 4+3 credit 10 [text]`. */
  chunks(): string[] {
    return this.sent().filter(({ op }) => op === "chunk").map((sent) => {
      const { chunk, position, count, first, merge, text = "" } = sent;
      const items = first === undefined ? text.trimEnd().replaceAll("\n", ",") : `from ${first}`;
      return `${merge === true ? "merge" : "chunk"} ${chunk}: ${position}+${count} ${items}`;
    });
  }

  carryOut(effects: readonly Effect[] = this.machine.flush()): void {
    for (const effect of effects) {
      if (effect.kind === "connect") {
        assert(!this.isOpen, "one connection at a time");
        this.connection = effect.connection;
        this.dialled.push(effect.address.host);
        this.#greeting = "";
        this.#framer = new ChannelFramer();
        this.#sent = [];
      } else if (effect.kind === "write") this.#wrote(effect.connection, effect.text);
      else if (effect.kind === "write_bytes") this.#take(effect.bytes);
      else if (effect.kind === "close" || effect.kind === "finish") {
        assertEquals(effect.connection, this.connection);
        this.ended.push(effect.kind);
        this.isOpen = false;
      } else if (effect.kind !== "stopped") throw new Error(`a client does not ${effect.kind}`);
    }
  }

  #wrote(connection: ConnectionId, text: string): void {
    assert(this.isOpen && connection === this.connection, "open when written");
    if (this.#greeting !== undefined) this.#greeting += text;
    else this.#take(encoder.encode(text));
  }

  #take(bytes: Uint8Array): void {
    this.#framer.push(bytes);
    for (let next = this.#framer.next(); next !== undefined; next = this.#framer.next()) {
      const { members, payload } = next;
      const text = payload.length === 0 ? {} : { text: decoder.decode(payload) };
      this.#sent.push({ ...members, ...text });
    }
    assertEquals(this.#framer.fault, undefined);
  }
}

/** A room whose client has begun and has a channel, for lines that the server wants. */
export function opened(job: Partial<MapJob> = {}, servers = 1): MapRoom {
  const room = new MapRoom(job, servers);
  room.begin();
  room.accept();
  room.sent();
  if (job.range === undefined) room.says({ op: "want", want: 1024 * 1024 });
  return room;
}

function span({ position, count }: Values): string {
  return `${position}+${count}`;
}

function textOf(bytes: Uint8Array): string {
  return decoder.decode(bytes).trimEnd().replaceAll("\n", ",").slice(0, 40);
}

function endText(end: JobEnd): string {
  return end.kind === "merge_failed" ? end.failure.error : end.text;
}
