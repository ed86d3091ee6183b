import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { Health, type WorkerState } from "../../../src/scheduling/health.ts";

/** A health that tells what it says, on a clock that the test moves. */
class Patient {
  nowMs = 0;
  random = 0;
  wakeAtMs = Infinity;
  /** Every change, as `state: reason`. */
  readonly changes: string[] = [];
  readonly health: Health;

  constructor() {
    this.health = new Health({
      changed: (state, reason) => this.changes.push(`${state}: ${reason}`),
      wakeBy: (atMs) => this.wakeAtMs = Math.min(this.wakeAtMs, atMs),
      random: () => this.random,
    });
  }

  get state(): WorkerState {
    return this.health.state;
  }

  /** Time passes, with a tick when one was asked for. */
  advance(ms: number): void {
    const untilMs = this.nowMs + ms;
    while (this.wakeAtMs <= untilMs) {
      this.nowMs = Math.max(this.nowMs, this.wakeAtMs);
      this.wakeAtMs = Infinity;
      this.health.tick(this.nowMs);
      assert(this.wakeAtMs > this.nowMs, "no endless ticking");
    }
    this.nowMs = untilMs;
  }

  succeed(times: number): void {
    for (let count = 0; count < times; count++) this.health.succeeded(this.nowMs);
  }

  fail(times: number, why = "refused"): void {
    for (let count = 0; count < times; count++) this.health.failed(why, this.nowMs);
  }
}

/** What can happen to a worker, in words. */
const EVENTS: Record<string, (patient: Patient) => void> = {
  "dial": ({ health, nowMs }) => health.connecting("lost", nowMs),
  "connect": ({ health, nowMs }) => health.connected(nowMs),
  "disconnect": ({ health, nowMs }) => health.disconnected("reset", nowMs),
  "silence": ({ health, nowMs }) => health.silent("missed 2 heartbeats", nowMs),
  "pong": ({ health, nowMs }) => health.heard(nowMs),
  "forgive": ({ health }) => health.forgive(),
  "success": (patient) => patient.succeed(1),
  "failure": (patient) => patient.fail(1),
  "eject": ({ health, nowMs }) => health.eject("answered rubbish", nowMs),
  "drain": ({ health, nowMs }) => health.drain(true, nowMs),
  "undrain": ({ health, nowMs }) => health.drain(false, nowMs),
  "leave": ({ health, nowMs }) => health.leaving(nowMs),
  "1 s": (patient) => patient.advance(1000),
  "1 min": (patient) => patient.advance(60_000),
};

function after(...events: readonly string[]): Patient {
  const patient = new Patient();
  for (const event of events) {
    assert(event in EVENTS, event);
    EVENTS[event]!(patient);
  }
  return patient;
}

const UP = ["connect"];
const EJECTED = [...UP, "eject"];
const ON_PROBATION = [...EJECTED, "1 s"];
const SILENT = [...UP, "silence"];
const DRAINING = [...UP, "drain"];

Deno.test("every event in every state leads where it should", () => {
  const table: readonly (readonly [readonly string[], string, WorkerState, string])[] = [
    [[], "connect", "up", ""],
    [[], "disconnect", "down", "reset"],
    [[], "silence", "connecting", "not connected yet"],
    [[], "pong", "connecting", "not connected yet"],
    [[], "eject", "connecting", "not connected yet"],
    [[], "drain", "connecting", "not connected yet"],
    [UP, "success", "up", ""],
    [UP, "failure", "up", ""],
    [UP, "eject", "suspect", "answered rubbish"],
    [UP, "silence", "suspect", "missed 2 heartbeats"],
    [UP, "pong", "up", ""],
    [UP, "drain", "draining", "drained by request"],
    [UP, "undrain", "up", ""],
    [UP, "leave", "draining", "said goodbye"],
    [UP, "dial", "connecting", "lost"],
    [UP, "disconnect", "down", "reset"],
    [UP, "1 min", "up", ""],
    [EJECTED, "success", "suspect", "answered rubbish"],
    [EJECTED, "failure", "suspect", "answered rubbish"],
    [EJECTED, "silence", "suspect", "answered rubbish"],
    [EJECTED, "pong", "suspect", "answered rubbish"],
    [EJECTED, "connect", "suspect", "answered rubbish"],
    [EJECTED, "drain", "draining", "drained by request"],
    [EJECTED, "leave", "draining", "said goodbye"],
    [EJECTED, "disconnect", "down", "reset"],
    [EJECTED, "1 s", "probation", "answered rubbish"],
    [ON_PROBATION, "success", "probation", "answered rubbish"],
    [ON_PROBATION, "failure", "suspect", "refused"],
    [ON_PROBATION, "eject", "suspect", "answered rubbish"],
    [ON_PROBATION, "silence", "suspect", "missed 2 heartbeats"],
    [ON_PROBATION, "drain", "draining", "drained by request"],
    [ON_PROBATION, "leave", "draining", "said goodbye"],
    [ON_PROBATION, "disconnect", "down", "reset"],
    [ON_PROBATION, "1 min", "probation", "answered rubbish"],
    [SILENT, "pong", "up", ""],
    [SILENT, "connect", "up", ""],
    [SILENT, "silence", "suspect", "missed 2 heartbeats"],
    [SILENT, "success", "suspect", "missed 2 heartbeats"],
    [SILENT, "drain", "draining", "drained by request"],
    [SILENT, "disconnect", "down", "reset"],
    [SILENT, "1 min", "suspect", "missed 2 heartbeats"],
    [DRAINING, "undrain", "up", ""],
    [DRAINING, "connect", "draining", "drained by request"],
    [DRAINING, "silence", "draining", "drained by request"],
    [DRAINING, "pong", "draining", "drained by request"],
    [DRAINING, "eject", "draining", "drained by request"],
    [DRAINING, "leave", "draining", "said goodbye"],
    [DRAINING, "dial", "connecting", "lost"],
    [DRAINING, "disconnect", "down", "reset"],
    [DRAINING, "1 min", "draining", "drained by request"],
    [[...EJECTED, "disconnect"], "connect", "suspect", "reset"],
    [[...EJECTED, "disconnect", "1 s"], "connect", "probation", "reset"],
    [[...EJECTED, "drain", "1 s"], "undrain", "probation", "drained by request"],
    [[...EJECTED, "drain"], "undrain", "suspect", "drained by request"],
    [[...DRAINING, "disconnect"], "undrain", "down", "reset"],
    [[...DRAINING, "disconnect", "undrain"], "connect", "up", ""],
    [["disconnect", "drain"], "connect", "draining", "drained by request"],
    [[...ON_PROBATION, "silence"], "pong", "probation", "missed 2 heartbeats"],
    [[...UP, "leave"], "undrain", "draining", "said goodbye"],
    [[...UP, "leave"], "disconnect", "down", "reset"],
    [[...UP, "leave", "disconnect"], "connect", "up", ""],
  ];
  for (const [before, event, state, reason] of table) {
    const { health } = after(...before, event);
    const name = [...before, event].join(", ");
    assertEquals([health.state, health.reason], [state, reason], name);
    assertEquals(health.usable, state === "up" || state === "probation", name);
  }
});

Deno.test("a worker that is not connected is none of our business until it connects", () => {
  for (const before of [[], ["disconnect"], ["dial"]]) {
    for (const event of ["success", "failure", "silence", "pong", "forgive", "undrain", "1 min"]) {
      const { state } = after(...before);
      assertEquals(after(...before, event).state, state, `${before} ${event}`);
    }
  }
});

Deno.test("three failures in a row eject, and a good reply between them counts anew", () => {
  const patient = after(...UP);
  patient.fail(2);
  patient.succeed(1);
  patient.fail(2);
  assertEquals(patient.state, "up");
  patient.fail(1, "closed");
  assertEquals([patient.state, patient.health.reason], ["suspect", "closed"]);
});

Deno.test("ejections last 1, 2, 4 s and so on, up to a minute", () => {
  const patient = after(...UP);
  for (const seconds of [1, 2, 4, 8, 16, 32, 60, 60, 60]) {
    patient.health.eject("closed", patient.nowMs);
    patient.advance(seconds * 1000 - 1);
    assertEquals(patient.state, "suspect", `${seconds} s, less 1 ms`);
    patient.advance(1);
    assertEquals(patient.state, "probation", `${seconds} s`);
  }
});

Deno.test("jitter makes an ejection up to 20 % shorter, never longer", () => {
  for (const [random, lasts] of [[0, 1000], [0.5, 900], [0.999, 801]] as const) {
    const patient = after(...UP);
    patient.random = random;
    patient.health.eject("closed", 0);
    patient.advance(lasts - 1);
    assertEquals(patient.state, "suspect", `${random}`);
    patient.advance(1);
    assertEquals(patient.state, "probation", `${random}`);
  }
});

Deno.test("what fails while a worker is ejected makes the ejection no longer", () => {
  const patient = after(...EJECTED);
  patient.advance(500);
  patient.fail(10);
  patient.health.eject("again", patient.nowMs);
  patient.advance(500);
  assertEquals(patient.state, "probation");
  patient.fail(1);
  patient.advance(1999);
  assertEquals(patient.state, "suspect");
  patient.advance(1);
  assertEquals(patient.state, "probation", "the second, of 2 s");
});

Deno.test("a probation ends with the third good reply in a row, and not before", () => {
  const patient = after(...ON_PROBATION);
  patient.succeed(2);
  assertEquals(patient.state, "probation");
  patient.succeed(1);
  assertEquals([patient.state, patient.health.reason], ["up", ""]);
});

Deno.test("a failure on probation ejects at once, and the three good replies are counted anew", () => {
  const patient = after(...ON_PROBATION);
  patient.succeed(2);
  patient.fail(1);
  assertEquals(patient.state, "suspect");
  patient.advance(2000);
  patient.succeed(2);
  assertEquals(patient.state, "probation");
  patient.succeed(1);
  assertEquals(patient.state, "up");
});

Deno.test("ejections are forgotten after a good reply of one that has been up for a minute", () => {
  for (const [upMs, lastsMs] of [[60_000, 4000], [60_001, 1000]] as const) {
    const patient = after(...ON_PROBATION, "failure");
    patient.advance(2000);
    patient.succeed(3);
    patient.advance(upMs);
    patient.succeed(1);
    patient.health.eject("closed", patient.nowMs);
    patient.advance(lastsMs - 1);
    assertEquals(patient.state, "suspect", `${upMs}`);
    patient.advance(1);
    assertEquals(patient.state, "probation", `${upMs}`);
  }
});

Deno.test("an ejection outlasts a reconnect, and is forgiven to one that was stopped", () => {
  assertEquals(after(...EJECTED, "disconnect", "connect").state, "suspect");
  assertEquals(after(...EJECTED, "disconnect", "connect", "1 s").state, "probation");
  assertEquals(after(...EJECTED, "disconnect", "forgive", "connect").health.usable, true);
  const patient = after(...EJECTED, "disconnect", "forgive");
  patient.advance(999);
  assertEquals(patient.state, "down");
});

Deno.test("a silent worker stays suspect until it is heard, also if it was ejected at some time before", () => {
  const before: readonly (readonly string[])[] = [
    UP,
    [...ON_PROBATION, "success", "success", "success"],
    ["eject", ...UP, "1 s", "success", "success", "success"],
    [...EJECTED, "disconnect", "1 s", "connect", "success", "success", "success"],
    [...DRAINING, "eject", "1 s", "undrain", "success", "success", "success"],
    [...UP, "eject", "disconnect", "forgive", "connect", "success", "success", "success"],
  ];
  for (const events of before) {
    const patient = after(...events);
    assertEquals(patient.state, "up", events.join(", "));
    patient.health.silent("missed 2 heartbeats", patient.nowMs);
    // Somebody else's tick may come at any time.
    patient.health.tick(patient.nowMs);
    patient.advance(60_000);
    patient.health.tick(patient.nowMs);
    assertEquals(patient.state, "suspect", events.join(", "));
    patient.health.heard(patient.nowMs);
    assertEquals(patient.state === "suspect", false, events.join(", "));
  }
});

Deno.test("a worker that falls silent while it is ejected gets nothing until it has been heard", () => {
  const patient = after(...EJECTED, "silence", "1 s", "1 min");
  assertEquals(patient.state, "suspect");
  patient.health.heard(patient.nowMs);
  assertEquals(patient.state, "probation");
  assertEquals(after(...EJECTED, "silence", "pong").state, "suspect", "its time is not over");
  assertEquals(after(...EJECTED, "silence", "pong", "1 s").state, "probation");
});

Deno.test("a worker that has said goodbye is not trusted again because somebody undrains it", () => {
  assertEquals(after(...DRAINING, "leave", "undrain").state, "draining");
  assertEquals(after(...UP, "leave", "drain", "undrain").state, "draining");
});

Deno.test("only a change of state is told, with its reason, and dated", () => {
  const patient = new Patient();
  patient.advance(5);
  for (const event of ["connect", "connect", "success", "silence", "silence", "1 s", "pong"]) {
    EVENTS[event]!(patient);
  }
  EVENTS["disconnect"]!(patient);
  assertEquals(patient.changes, [
    "up: ",
    "suspect: missed 2 heartbeats",
    "up: ",
    "down: reset",
  ]);
  assertEquals(patient.health.sinceMs, 1005);
  patient.advance(70);
  patient.health.disconnected("refused", patient.nowMs);
  assertEquals([patient.health.sinceMs, patient.health.reason], [1005, "refused"]);
});

Deno.test("every connect starts afresh what a worker may be asked, and nothing else does", () => {
  for (const event of Object.keys(EVENTS)) {
    const { health: { generation } } = after(...UP);
    const grown = after(...UP, event).health.generation - generation;
    assertEquals(grown, event === "connect" ? 1 : 0, event);
  }
});

Deno.test("whatever happens, a worker has one of six states, wakes in time, and can be up again", () => {
  const event = fc.constantFrom(...Object.keys(EVENTS).filter((one) => one !== "leave"));
  fc.assert(
    fc.property(fc.array(event, { maxLength: 40 }), (events) => {
      const patient = after(...events);
      const states = ["connecting", "up", "suspect", "probation", "draining", "down"];
      assert(states.includes(patient.state));
      assertEquals(patient.health.reason === "", patient.state === "up");
      for (const last of ["undrain", "disconnect", "connect", "1 min", "pong"]) {
        EVENTS[last]!(patient);
      }
      assert(patient.health.usable, `${patient.state} after ${events}`);
      patient.succeed(3);
      assertEquals(patient.state, "up");
    }),
    { numRuns: 1000 },
  );
});
