import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import type { ConnectionId, Effect, MachineEvent } from "../../../src/protocol/machine.ts";
import { WorkerMachine } from "../../../src/worker/machine.ts";
import { textEffects } from "../../support/effects.ts";

const encoder = new TextEncoder();
const JOINED = '{"ok":true,"op":"join","protocol":1,"name":"lab#2","role":"calc_server"}\n';

/** What a worker has dialled, and all that it wrote there. */
interface Dial {
  readonly connection: ConnectionId;
  readonly host: string;
  readonly atMs: number;
  written: string;
  /** How our side has ended it, or that it is lost. */
  end: "close" | "finish" | "lost" | undefined;
}

/** A worker that joins, and a test that plays the network and the coordinators. */
class Lab {
  readonly machine: WorkerMachine;
  nowMs = 0;
  readonly dials: Dial[] = [];
  readonly logs: string[] = [];
  stoppedAtMs: number | undefined;

  constructor(coordinators = 1, seed = 1) {
    this.machine = new WorkerMachine({
      maxLineBytes: 1000,
      join: Array.from({ length: coordinators }, (_, index) => ({
        host: `c${index + 1}`,
        port: 5000,
      })),
      name: "lab",
      instance: "i-1",
      facts: { role: "worker", cores: 4, platform: "plan9" },
      seed,
    });
    this.step({ kind: "tick" });
  }

  /** The last dial. */
  get last(): Dial {
    const last = this.dials.at(-1);
    assert(last !== undefined);
    return last;
  }

  step(event: MachineEvent): void {
    const effects: readonly Effect[] = textEffects(this.machine.step(event, this.nowMs));
    if (event.kind === "received") event.bytes.fill(0x0a);
    for (const effect of effects) {
      if (effect.kind === "log") this.logs.push(`${effect.level} ${effect.text}`);
      else if (effect.kind === "stopped") this.stoppedAtMs = this.nowMs;
      else if (effect.kind === "connect") {
        const { connection, address: { host } } = effect;
        assert(this.dials.every((dial) => dial.connection > connection), "a new number");
        this.dials.push({ connection, host, atMs: this.nowMs, written: "", end: undefined });
      } else if (effect.kind !== "stop_listening") this.#connectionEffect(effect);
    }
  }

  #connectionEffect(effect: Effect & { connection: ConnectionId }): void {
    const dial = this.dials.find(({ connection }) => connection === effect.connection);
    assert(dial !== undefined);
    // What has been finished may still be closed, if the peer takes its time.
    const isAllowed = dial.end === undefined || (dial.end === "finish" && effect.kind === "close");
    assert(isAllowed, `no ${effect.kind} after a ${dial.end}`);
    if (effect.kind === "write") dial.written += effect.text;
    else if (effect.kind === "close" || effect.kind === "finish") dial.end = effect.kind;
  }

  connected(dial = this.last): void {
    this.step({ kind: "connected", connection: dial.connection });
  }

  says(text: string, dial = this.last): void {
    const bytes = encoder.encode(text);
    this.step({ kind: "received", connection: dial.connection, bytes });
  }

  lose(reason = "connection reset", dial = this.last): void {
    dial.end = "lost";
    this.step({ kind: "closed", connection: dial.connection, reason });
  }

  /** The last dial succeeds, and the coordinator takes the offer. */
  join(dial = this.last): void {
    this.connected(dial);
    this.says(JOINED, dial);
    dial.written = "";
  }

  /** Time passes until it dials again; gives how long that took. */
  nextDial(): number {
    const beforeMs = this.nowMs;
    const { length } = this.dials;
    while (this.dials.length === length) {
      assert(this.machine.wakeAtMs <= beforeMs + 6000, "it dials again, and soon");
      this.advance(this.machine.wakeAtMs - this.nowMs);
    }
    return this.nowMs - beforeMs;
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
}

Deno.test("a worker dials every coordinator at once, and says who it is when it is connected", () => {
  const lab = new Lab(2);
  assertEquals(lab.dials.map(({ host, atMs }) => [host, atMs]), [["c1", 0], ["c2", 0]]);
  lab.connected(lab.dials[1]);
  assertEquals(lab.dials[0]!.written, "");
  assertMatch(
    lab.dials[1]!.written,
    /^\{"op":"join","protocol":1,"name":"lab","instance":"i-1","role":"worker","version":"[^"]+","cores":4,"platform":"plan9"\}\n$/,
  );
});

Deno.test("a worker whose first event is no tick dials all the same", () => {
  const lab = new Lab(0);
  assertEquals([lab.dials, lab.machine.wakeAtMs], [[], Infinity]);
  const machine = new WorkerMachine({
    maxLineBytes: 1000,
    join: [{ host: "c1", port: 1 }],
    name: "lab",
    instance: "i",
    facts: { role: "worker", cores: 1, platform: "p" },
    seed: 1,
  });
  const effects = textEffects(machine.step({ kind: "accepted", connection: 1, remote: "" }, 5));
  assertEquals(effects.map(({ kind }) => kind), ["connect"]);
});

Deno.test("a worker that has joined answers over that connection, and says as what it joined", () => {
  const lab = new Lab();
  lab.join();
  assertEquals(lab.logs, ["info joined c1:5000 as lab#2"]);
  lab.says('{"id":1,"op":"add","a":10,"b":5}\n{"id":2,"op":"ping"}\n');
  assertEquals(
    lab.last.written,
    '{"id":1,"ok":true,"result":15.0,"a":10.0,"b":5.0,"op":"add"}\n{"id":2,"ok":true}\n',
  );
});

Deno.test("a coordinator that is brief is not told again what it has asked", () => {
  const lab = new Lab();
  lab.connected();
  lab.says(JOINED.replace("}", ',"brief":true}'));
  lab.last.written = "";
  lab.says('{"id":1,"op":"add","a":10,"b":5}\n');
  assertEquals(lab.last.written, '{"id":1,"ok":true,"result":15.0}\n');
});

Deno.test("what comes with the coordinator's answer in one chunk is answered, however it is cut", () => {
  const text = JOINED + '\r\n{"id":1,"op":"add","a":10,"b":5}\n{"id":2,"op":"ping"}\n';
  for (let place = 0; place <= text.length; place++) {
    const lab = new Lab();
    lab.connected();
    lab.last.written = "";
    lab.says(text.slice(0, place));
    lab.says(text.slice(place));
    assertEquals(lab.last.written.split("\n").length, 3, `cut at ${place}`);
  }
});

Deno.test("a refusal is told once, not at every dial, and another one again", () => {
  const lab = new Lab();
  const refuse = (text: string) => {
    lab.connected();
    lab.says(text);
    assertEquals(lab.last.end, "finish");
    lab.lose("connection closed");
    lab.nextDial();
  };
  const mismatch = '{"ok":false,"error":"las versiones no coinciden: 1 ≠ 2"}\n';
  for (let count = 0; count < 4; count++) refuse(mismatch);
  assertEquals(lab.dials.length, 5);
  const errors = () => lab.logs.filter((line) => line.startsWith("error"));
  assertEquals(errors(), ["error c1:5000 refused to be joined: las versiones no coinciden: 1 ≠ 2"]);
  for (const text of ["what?\n", '{"ok":true}\n', "[]\n"]) refuse(text);
  assertEquals(errors().slice(1), ["error c1:5000 refused to be joined: it is no coordinator"]);
});

Deno.test("a refused worker asks nothing more of that connection, and is not asked", () => {
  const lab = new Lab();
  lab.connected();
  lab.last.written = "";
  lab.says('{"ok":false,"error":"no"}\n{"id":1,"op":"ping"}\n');
  assertEquals([lab.last.written, lab.last.end], ["", "finish"]);
});

Deno.test("a coordinator that cannot be reached is logged once, and dialled less and less often, for ever", () => {
  for (const seed of [1, 2, 3]) {
    const lab = new Lab(1, seed);
    for (let count = 0; count < 20; count++) {
      lab.lose("connection refused");
      lab.nextDial();
    }
    assertEquals(lab.logs, ["warn cannot join c1:5000 yet: connection refused"]);
  }
});

Deno.test("the pauses between dials double from 100 ms to 5 s, less jitter, and begin anew after a join", () => {
  const lab = new Lab();
  for (let round = 0; round < 2; round++) {
    for (const mostMs of [100, 200, 400, 800, 1600, 3200, 5000, 5000, 5000]) {
      lab.lose("connection refused");
      const ms = lab.nextDial();
      assert(ms <= mostMs && ms >= 0.8 * mostMs, `${ms} of ${mostMs} ms`);
    }
    lab.join();
  }
});

Deno.test("a lost coordinator is dialled again, and joined again as the same instance", () => {
  const lab = new Lab();
  lab.join();
  lab.lose();
  assertEquals(lab.logs.at(-1), "warn lost c1:5000: connection reset");
  lab.advance(100);
  assertEquals(lab.dials.length, 2);
  lab.connected();
  assertStringIncludes(lab.last.written, '"instance":"i-1"');
  lab.says(JOINED);
  lab.last.written = "";
  lab.says('{"id":1,"op":"ping"}\n');
  assertEquals(lab.last.written, '{"id":1,"ok":true}\n');
});

Deno.test("half a line of a lost connection does not spoil the first of the next", () => {
  const lab = new Lab();
  lab.join();
  lab.says('{"id":1,"op":"pi');
  lab.lose();
  lab.advance(100);
  lab.join();
  lab.says('{"id":2,"op":"ping"}\n');
  assertEquals(lab.last.written, '{"id":2,"ok":true}\n');
});

Deno.test("a coordinator that is silent for 4 s is given up, and one that pings never", () => {
  const lab = new Lab();
  lab.join();
  for (let second = 0; second < 60; second++) {
    lab.advance(1000);
    lab.says(`{"id":${second},"op":"ping"}\n`);
  }
  assertEquals([lab.dials.length, lab.last.end], [1, undefined]);
  lab.advance(3999);
  assertEquals(lab.last.end, undefined);
  const [first] = lab.dials;
  lab.advance(1);
  assertEquals([first!.end, lab.logs.at(-1)], ["close", "warn lost c1:5000: no answer"]);
  lab.advance(100);
  assertEquals(lab.dials.length, 2);
});

Deno.test("any byte of a coordinator shows that it is there", () => {
  const lab = new Lab();
  lab.join();
  lab.advance(3000);
  lab.says("{");
  lab.advance(3999);
  assertEquals(lab.last.end, undefined);
  lab.advance(1);
  assertEquals(lab.dials[0]!.end, "close");
});

Deno.test("a dial that is not answered is given up after 1 s, and an offer as well", () => {
  for (const connects of [false, true]) {
    const lab = new Lab();
    if (connects) lab.connected();
    lab.advance(999);
    assertEquals(lab.dials[0]!.end, undefined);
    lab.advance(1);
    assertEquals(lab.dials[0]!.end, "close");
    lab.advance(100);
    assertEquals(lab.dials.length, 2);
    // What was given up is not heard any more.
    lab.join();
    lab.says(JOINED, lab.dials[0]!);
    lab.step({ kind: "closed", connection: lab.dials[0]!.connection, reason: "late" });
    lab.says('{"id":1,"op":"ping"}\n');
    assertEquals([lab.last.written, lab.dials.length], ['{"id":1,"ok":true}\n', 2]);
  }
});

Deno.test("a connect that succeeds late is one, with its second for the answer", () => {
  const lab = new Lab();
  lab.advance(900);
  lab.connected();
  lab.advance(999);
  assertEquals(lab.last.end, undefined);
  lab.says(JOINED);
  lab.advance(3900);
  assertEquals(lab.last.end, undefined);
});

Deno.test("a coordinator that ends its sending half gets its replies, then the end, and is dialled again", () => {
  const lab = new Lab();
  lab.join();
  lab.says('{"id":1,"op":"ping"}');
  lab.step({ kind: "ended", connection: lab.last.connection });
  assertEquals([lab.last.written, lab.last.end], ['{"id":1,"ok":true}\n', "finish"]);
  lab.lose("connection closed");
  lab.advance(100);
  assertEquals(lab.dials.length, 2);
});

Deno.test("coordinators are joined and lost each for itself", () => {
  const lab = new Lab(3);
  const [one, two, three] = lab.dials;
  lab.join(one);
  lab.lose("connection refused", two);
  lab.join(three);
  lab.advance(100);
  assertEquals(lab.dials.map(({ host }) => host), ["c1", "c2", "c3", "c2"]);
  lab.says('{"id":1,"op":"ping"}\n', one);
  assertEquals([one!.written, three!.written], ['{"id":1,"ok":true}\n', ""]);
});

Deno.test("a stopping worker says goodbye to whom it has joined, answers on, and ends when they do", () => {
  const lab = new Lab(2);
  const [one, two] = lab.dials;
  lab.join(one);
  lab.join(two);
  lab.step({ kind: "stop" });
  for (const dial of [one, two]) assertEquals(dial!.written, '{"op":"goodbye"}\n');
  lab.says('{"id":1,"op":"ping"}\n', one);
  assertEquals([one!.written, one!.end], ['{"op":"goodbye"}\n{"id":1,"ok":true}\n', undefined]);
  lab.lose("closed", one);
  assertEquals(lab.stoppedAtMs, undefined);
  lab.lose("closed", two);
  assertEquals([lab.stoppedAtMs, lab.machine.wakeAtMs], [0, Infinity]);
  lab.advance(100_000);
  assertEquals(lab.dials.length, 2, "it dials no more");
});

Deno.test("a stopping worker that has not joined yet ends at once, however far it is", () => {
  const stages: readonly (readonly [string, (lab: Lab) => void])[] = [
    ["it dials", () => {}],
    ["it has asked", (lab) => lab.connected()],
    ["it waits to dial again", (lab) => lab.lose()],
  ];
  for (const [stage, reach] of stages) {
    const lab = new Lab();
    reach(lab);
    lab.step({ kind: "stop" });
    assertEquals(lab.stoppedAtMs, 0, stage);
    lab.advance(100_000);
    assertEquals([lab.dials.length, lab.machine.wakeAtMs], [1, Infinity], stage);
  }
});

Deno.test("a stopping worker waits 10 s at most for a coordinator that goes on", () => {
  const lab = new Lab();
  lab.join();
  lab.step({ kind: "stop" });
  for (let second = 0; second < 9; second++) {
    lab.advance(1000);
    lab.says(`{"id":${second},"op":"ping"}\n`);
  }
  assertEquals(lab.stoppedAtMs, undefined);
  lab.advance(1000);
  assertEquals(lab.stoppedAtMs, 10_000);
});

Deno.test("whatever the network does, a worker has one connection to a coordinator, and comes back", () => {
  const action = fc.oneof(
    fc.constantFrom("connected", "lose", "end", "join", "refuse", "rubbish", "ping", "half"),
    fc.nat({ max: 6000 }),
  );
  fc.assert(
    fc.property(fc.array(action, { maxLength: 60 }), (actions) => {
      const lab = new Lab();
      const texts: Record<string, string> = {
        join: JOINED,
        refuse: '{"ok":false,"error":"no"}\n',
        rubbish: "\n\n<html>\n",
        ping: '{"id":1,"op":"ping"}\n',
        half: '{"id":',
      };
      let isConnected = false;
      let current = lab.last;
      let isGone = false;
      for (const one of actions) {
        if (lab.last !== current) {
          current = lab.last;
          isConnected = isGone = false;
        }
        if (typeof one === "number") lab.advance(one);
        else if (isGone || current.end === "close") lab.advance(5000);
        else if (one === "connected") {
          if (!isConnected) lab.connected();
          isConnected = true;
        } else if (one === "lose") {
          lab.lose();
          isGone = true;
        } else if (isConnected && current.end === undefined) {
          if (one === "end") lab.step({ kind: "ended", connection: current.connection });
          else lab.says(texts[one]!);
        }
      }
      // A network closes in the end what was finished.
      if (lab.last.end === "finish") lab.lose("connection closed");
      const { length } = lab.dials;
      lab.advance(10_001);
      assert(lab.dials.length > length, "it dials again");
      const open = lab.dials.filter(({ end }) => end === undefined);
      assert(open.length <= 1, `${open.length} at once`);
      if (lab.last.end !== undefined) lab.nextDial();
      lab.join();
      lab.says('{"id":9,"op":"ping"}\n');
      assertEquals(lab.last.written, '{"id":9,"ok":true}\n');
    }),
    { numRuns: 300 },
  );
});
