import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { ConnectionId, Effect, MachineEvent } from "../../../src/protocol/machine.ts";
import { WorkerMachine } from "../../../src/worker/machine.ts";
import { textEffects } from "../../support/effects.ts";

const encoder = new TextEncoder();
const JOINED = '{"ok":true,"op":"join","protocol":1,"name":"lab#2"}\n';
const TAKEN = '{"ok":true,"op":"channel","protocol":1}\n';
const OFFER = '{"op":"channel","protocol":1,"instance":"i-1","slots":2}\n';
const CHANNEL = '{"op":"channel","protocol":1}\n';

const SHA256 = "0".repeat(64);

/** A worker that runs code, and a test that plays everybody else. */
class Room {
  readonly machine: WorkerMachine;
  nowMs = 0;
  readonly dials: ConnectionId[] = [];
  readonly spawned: ConnectionId[] = [];
  readonly written = new Map<ConnectionId, string>();
  readonly ended = new Map<ConnectionId, string>();
  readonly logs: string[] = [];
  isStopped = false;

  constructor(coordinators: number) {
    this.machine = new WorkerMachine({
      maxLineBytes: 1000,
      join: Array.from({ length: coordinators }, (_, index) => ({ host: `c${index}`, port: 1 })),
      name: "lab",
      instance: "i-1",
      facts: { role: "worker", cores: 4, platform: "plan9", slots: 2 },
      seed: 1,
      code: { slots: 2, sha256: () => SHA256 },
    });
    this.step({ kind: "tick" });
  }

  step(event: MachineEvent): void {
    const effects: readonly Effect[] = textEffects(this.machine.step(event, this.nowMs));
    if (event.kind === "received") event.bytes.fill(0x20);
    for (const effect of effects) {
      if (effect.kind === "connect") this.dials.push(effect.connection);
      else if (effect.kind === "spawn") this.spawned.push(effect.connection);
      else if (effect.kind === "log") this.logs.push(`${effect.level} ${effect.text}`);
      else if (effect.kind === "stopped") this.isStopped = true;
      else if (effect.kind === "write") {
        const { connection, text } = effect;
        assert(!this.ended.has(connection), "nothing is written after the end");
        this.written.set(connection, (this.written.get(connection) ?? "") + text);
      } else if (effect.kind === "close" || effect.kind === "finish") {
        this.ended.set(effect.connection, effect.kind);
      }
    }
  }

  connected(connection: ConnectionId): void {
    this.step({ kind: "connected", connection });
  }

  says(connection: ConnectionId, text: string): void {
    this.step({ kind: "received", connection, bytes: encoder.encode(text) });
  }

  lose(connection: ConnectionId): void {
    this.step({ kind: "closed", connection, reason: "connection reset" });
  }

  /** All that was written to a connection since the last time. */
  take(connection: ConnectionId): string {
    const text = this.written.get(connection) ?? "";
    this.written.delete(connection);
    return text;
  }

  /** Time passes; whoever has been taken says something now and then. */
  advance(ms: number, lively: readonly ConnectionId[] = []): void {
    const untilMs = this.nowMs + ms;
    while (this.machine.wakeAtMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.machine.wakeAtMs);
      this.step({ kind: "tick" });
      for (const connection of lively) this.says(connection, "\n");
    }
    this.nowMs = untilMs;
  }

  /** The worker joins by its first dial, and opens its channel by the second. */
  join(): { joined: ConnectionId; channel: ConnectionId } {
    const [joined] = this.dials;
    this.connected(joined!);
    this.says(joined!, JOINED);
    const channel = this.dials.at(-1)!;
    this.connected(channel);
    this.says(channel, TAKEN);
    this.take(joined!);
    this.take(channel);
    return { joined: joined!, channel };
  }
}

Deno.test("a worker that runs code starts its slots at once, and says how many it has", () => {
  const room = new Room(0);
  assertEquals(room.spawned.length, 3);
  room.step({ kind: "accepted", connection: 1, remote: "" });
  room.says(1, '{"op":"hello","protocol":1}\n');
  assertStringIncludes(room.take(1), '"slots":2}');
});

Deno.test("whoever asks for a channel gets one, and speaks of jobs from then on", () => {
  const room = new Room(0);
  room.step({ kind: "accepted", connection: 1, remote: "" });
  room.says(1, CHANNEL);
  assertEquals(
    room.take(1).replace(/"version":"[^"]+"/, '"version":"v"'),
    '{"ok":true,"op":"channel","protocol":1,"role":"worker","version":"v","cores":4,"platform":"plan9","slots":2,"instance":"i-1"}\n',
  );
  room.says(1, '{"op":"ping"}\n{"op":"add","a":1,"b":2}\n');
  assertEquals(room.take(1), '{"op":"pong"}\n');
  assertEquals(room.ended.get(1), undefined, "a request is a message that it does not know");
});

Deno.test("a channel must be asked for alone, in our version, and not in a worker's name", () => {
  const cases = [
    [CHANNEL + '{"op":"ping"}\n', "channel debe ser la única"],
    ['{"op":"channel","protocol":2}\n', "no coinciden: 2 ≠ 1"],
    [OFFER, "esto es un worker"],
  ] as const;
  for (const [text, error] of cases) {
    const room = new Room(0);
    room.step({ kind: "accepted", connection: 1, remote: "" });
    room.says(1, text);
    assertStringIncludes(room.take(1), error);
    room.says(1, '{"op":"ping"}\n');
    assertStringIncludes(room.take(1), '{"ok":true}', "the connection is what it was");
  }
});

Deno.test("a worker that has joined dials a second time, and offers a channel as the same instance", () => {
  const room = new Room(1);
  assertEquals(room.dials.length, 1);
  room.connected(room.dials[0]!);
  assertEquals(room.dials.length, 1, "not before it has been taken");
  room.says(room.dials[0]!, JOINED);
  assertEquals(room.dials.length, 2);
  const [, channel] = room.dials;
  room.connected(channel!);
  assertEquals(room.take(channel!), OFFER);
  // What comes with the answer belongs to the channel, however it is cut.
  room.says(channel!, TAKEN.slice(0, 9));
  room.says(channel!, `${TAKEN.slice(9)}{"op":"ping"}\n`);
  assertEquals(room.take(channel!), '{"op":"pong"}\n');
  assertStringIncludes(room.logs.join(), "takes jobs of c0:1");
});

Deno.test("a channel that is lost is dialled again, less and less often, as long as the worker has joined", () => {
  const room = new Room(1);
  const { joined, channel } = room.join();
  room.lose(channel);
  assertStringIncludes(room.logs.at(-1)!, "warn lost the job channel to c0:1");
  room.advance(100, [joined]);
  assertEquals(room.dials.length, 3);
  for (let failures = 0; failures < 8; failures++) {
    room.lose(room.dials.at(-1)!);
    const { length } = room.dials;
    room.advance(5000, [joined]);
    assert(room.dials.length > length, "it dials again");
  }
  room.lose(joined);
  const last = room.dials.at(-1)!;
  assert(room.ended.has(last), "a coordinator that is lost takes no channel");
  // It joins again by its next dial, and then comes the channel.
  room.advance(100);
  const again = room.dials.at(-1)!;
  room.connected(again);
  room.says(again, JOINED);
  room.connected(room.dials.at(-1)!);
  assertEquals(room.take(room.dials.at(-1)!), OFFER);
});

Deno.test("a refused channel is told once, not at every dial", () => {
  const room = new Room(1);
  const [joined] = room.dials;
  room.connected(joined!);
  room.says(joined!, JOINED);
  for (let refusals = 0; refusals < 4; refusals++) {
    const channel = room.dials.at(-1)!;
    room.connected(channel);
    room.says(channel, '{"ok":false,"error":"no quiero"}\n');
    assertEquals(room.ended.get(channel), "close");
    room.advance(5000, [joined!]);
  }
  const errors = room.logs.filter((line) => line.startsWith("error"));
  assertEquals(errors, ["error c0:1 refused the job channel: no quiero"]);
});

Deno.test("an offer that is not answered is given up after a second", () => {
  for (const connects of [false, true]) {
    const room = new Room(1);
    const [joined] = room.dials;
    room.connected(joined!);
    room.says(joined!, JOINED);
    const channel = room.dials.at(-1)!;
    if (connects) room.connected(channel);
    room.advance(999, [joined!]);
    assertEquals(room.ended.has(channel), false);
    room.advance(1, [joined!]);
    assertEquals(room.ended.get(channel), "close");
    room.advance(200, [joined!]);
    assert(room.dials.at(-1) !== channel, "it dials again");
  }
});

Deno.test("the channel of a coordinator that is silent is given up, with or without jobs", () => {
  const room = new Room(1);
  const { joined, channel } = room.join();
  room.advance(3999, [joined]);
  assertEquals([room.ended.has(channel), room.take(channel)], [false, '{"op":"ping"}\n'.repeat(3)]);
  room.advance(1, [joined]);
  assertEquals(room.ended.get(channel), "close");
});

Deno.test("a worker that stops ends its channels and its slots, and dials no more", () => {
  const room = new Room(1);
  const { joined, channel } = room.join();
  room.step({ kind: "stop" });
  assertEquals(room.take(channel), '{"op":"slots","slots":0}\n');
  assertEquals([room.ended.get(channel), room.isStopped], ["finish", false]);
  room.lose(joined);
  assertEquals(room.isStopped, true);
  for (const slot of room.spawned) assertEquals(room.ended.get(slot), "close");
  const { length } = room.dials;
  room.advance(60_000);
  assertEquals(room.dials.length, length);
});

Deno.test("a worker that stops waits for the items that run, and dials no more though a channel is lost", () => {
  const room = new Room(1);
  const { joined, channel } = room.join();
  room.lose(channel);
  room.step({ kind: "accepted", connection: 1, remote: "" });
  room.says(1, CHANNEL);
  room.connected(room.spawned[0]!);
  const open = {
    ...{ op: "open", job: 1, name: "x.js", sha256: SHA256, code_bytes: 2, seed: 0 },
    ...{ input: "range", call: "map", reduce: null },
  };
  const chunk = { op: "chunk", job: 1, chunk: 1, position: 1, count: 9, first: "1", credit: 9 };
  room.says(1, `${JSON.stringify(open)}\n{"op":"code","job":1,"bytes":2}\n//`);
  room.says(1, JSON.stringify(chunk) + "\n");
  room.says(room.spawned[0]!, '{"op":"started","job":1,"chunk":1}\n');
  const { length } = room.dials;
  room.step({ kind: "stop" });
  room.lose(joined);
  room.advance(900);
  assertEquals([room.isStopped, room.dials.length], [false, length]);
  const returned = { op: "returned", job: 1, chunk: 1, position: 1, ms: 1, why: "dropped" };
  room.says(room.spawned[0]!, JSON.stringify(returned) + "\n");
  assertStringIncludes(room.take(1), '"position":1,"ms":1,"why":"leaving"}\n');
  assertEquals([room.isStopped, room.ended.get(1)], [true, "finish"]);
});
