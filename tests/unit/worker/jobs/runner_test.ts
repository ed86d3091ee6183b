import { assert, assertEquals } from "@std/assert";
import {
  CODE_PATIENCE_MS,
  MAX_PIECE_BYTES,
  MAX_VALUE_BYTES,
  SLOT_REFILL_MS,
} from "../../../../src/limits.ts";
import { brief, finish, result, started } from "./briefly.ts";
import { Lab, open, openMessage, type Peer, range } from "./lab.ts";

Deno.test("a runner starts a fresh slot for each place and one to spare, and anew for each that was taken and is free", () => {
  const { lab, channel } = started(3);
  assertEquals(lab.slots.length, 4);
  for (let chunk = 1; chunk <= 5; chunk++) range(channel, 5, chunk, 10 * chunk, 10);
  lab.advance(10 * SLOT_REFILL_MS);
  assertEquals([lab.slots.length, lab.busy.length], [4, 3], "one is to spare");
  channel.say({ op: "close", job: 5 });
  assertEquals([lab.slots.length, lab.alive.length], [7, 4]);
});

Deno.test("slots of a job that was short are replaced a little later", () => {
  const { lab, channel } = started(3);
  range(channel, 5, 1, 1, 10);
  lab.advance(SLOT_REFILL_MS - 1);
  channel.say({ op: "close", job: 5 });
  assertEquals(lab.slots.length, 4, "a next job gives its first results meanwhile");
  lab.advance(1);
  assertEquals(lab.slots.length, 5);
});

Deno.test("a runner that has no fresh slot left starts one at once", () => {
  const { lab, channel } = started(1);
  range(channel, 5, 1, 1, 10);
  assertEquals([lab.slots.length, lab.busy.length], [2, 1]);
  lab.busy[0]!.lose();
  assertEquals([lab.slots.length, lab.busy.length], [3, 1]);
  lab.advance(SLOT_REFILL_MS);
  assertEquals([lab.slots.length, lab.busy.length], [3, 1]);
});

Deno.test("a runner of many slots does not start them all at the same time", () => {
  const lab = new Lab(20, false);
  assertEquals(lab.slots.length, 8);
  for (let started = 1; started <= 21; started++) {
    lab.connect(lab.slots[started - 1]!);
    assertEquals(lab.slots.length, Math.min(21, 8 + started));
  }
});

Deno.test("a chunk goes to a slot with its job, and what the slot says goes up under the requester's numbers", () => {
  const { lab, channel } = started();
  range(channel, 5, 77, 1001, 3, 500);
  const slot = lab.busy[0]!;
  const { op: _, ...opened } = openMessage(1);
  assertEquals(slot.heard, [
    { op: "open", ...opened, text: "" },
    { op: "code", job: 1, bytes: 6, text: "export" },
    {
      op: "chunk",
      job: 1,
      chunk: 1,
      position: 1001,
      count: 3,
      first: "1001",
      credit: 500,
      text: "",
    },
  ]);
  slot.take();
  slot.say({ op: "need", job: 1 });
  assertEquals(brief(slot), [], "it has got it already");
  slot.say({ op: "started", job: 1, chunk: 1 });
  slot.say({ op: "at", job: 1, chunk: 1, position: 1002 });
  slot.say({ op: "print", job: 1, position: 1002, text: "hello" });
  result(slot, 1, 1001, 1);
  slot.say({
    op: "failed",
    ...{ job: 1, chunk: 1, position: 1002, cause: "error", error: "no", stack: "at f", item: "2" },
  });
  result(slot, 1, 1003, 1);
  slot.say({ op: "done", job: 1, chunk: 1, ms: 7.5 });
  const heard = channel.take();
  assertEquals(heard.map(({ op }) => op), [
    "started",
    "at",
    "print",
    "result",
    "failed",
    "result",
    "done",
  ]);
  const common = { job: 5, chunk: 77, text: "" };
  assertEquals(heard[2], {
    ...{ op: "print", job: 5, position: 1002, worker: "lab#2", text: "hello" },
  });
  assertEquals(heard[3], {
    ...common,
    ...{ op: "result", position: 1001, count: 1, bytes: 5, text: "1001\n" },
  });
  assertEquals(heard[4], {
    ...common,
    ...{ op: "failed", position: 1002, cause: "error", error: "no", stack: "at f", item: "2" },
    worker: "lab#2",
  });
  assertEquals(heard[6], { ...common, op: "done", ms: 7.5 });
});

Deno.test("a module travels once: a second job with it is not asked, one that waits gets it with the first", () => {
  const lab = new Lab();
  const [one, other] = [lab.channel(), lab.channel()];
  one.say(openMessage(1, "shared"));
  assertEquals(brief(one), ["need 1"]);
  other.say(openMessage(1, "shared"));
  range(other, 1, 1, 1, 2);
  assertEquals([brief(other), lab.busy.length], [[], 0]);
  one.say({ op: "code", job: 1 }, "sha");
  one.say({ op: "code", job: 1 }, "red");
  assertEquals(lab.busy.length, 1);
  one.say(openMessage(2, "shared"));
  assertEquals(brief(one), []);
});

Deno.test("if the job that sends a module ends, another that waits for it is asked", () => {
  const lab = new Lab();
  const [one, other] = [lab.channel(), lab.channel()];
  one.say(openMessage(1, "shared"));
  other.say(openMessage(9, "shared"));
  one.say({ op: "code", job: 1 }, "sha");
  one.lose();
  assertEquals(brief(other), ["need 9"]);
  other.say({ op: "code", job: 9 }, "shared");
  range(other, 9, 1, 1, 2);
  assertEquals(lab.busy.length, 1);
});

Deno.test("who names a module, or a length of it, and never sends it, does not keep it from others", () => {
  const lab = new Lab();
  const [liar, other] = [lab.channel(), lab.channel()];
  liar.say(openMessage(1, "shared"));
  liar.say(openMessage(2, "shared", { code_bytes: 5 }));
  other.say(openMessage(9, "shared"));
  assertEquals(brief(other), []);
  for (let ms = 0; ms < CODE_PATIENCE_MS; ms += 1000) {
    lab.advance(1000);
    for (const peer of [liar, other]) peer.say({ op: "pong" });
  }
  assertEquals(brief(other).at(-1), "need 9");
  other.say({ op: "code", job: 9 }, "shared");
  range(other, 9, 1, 1, 2);
  assertEquals(lab.busy.length, 1);
});

Deno.test("a module that is not what its hash says, or has another length, is refused", () => {
  for (const code of ["Shared", "shared and more"]) {
    const lab = new Lab();
    const channel = lab.channel();
    channel.say(openMessage(1, "shared"));
    channel.take();
    channel.say({ op: "code", job: 1 }, code);
    const [failed] = channel.take();
    assertEquals([failed!.op, failed!.code], ["job_failed", "bad_code"]);
    // Nobody gets it: the next is asked anew.
    channel.say(openMessage(2, "shared"));
    assertEquals(brief(channel), ["need 2"]);
  }
});

Deno.test("slots are shared fairly between jobs, and a job's chunks run in the order in which they came", () => {
  const lab = new Lab(2);
  const channel = lab.channel();
  open(channel, 1, "one");
  open(channel, 2, "two");
  for (let chunk = 1; chunk <= 5; chunk++) range(channel, 1, chunk, chunk, 1);
  for (let chunk = 1; chunk <= 5; chunk++) range(channel, 2, chunk, chunk, 1);
  const rounds: string[][] = [];
  while (lab.busy.length > 0) {
    for (const slot of lab.busy) finish(slot);
    const done = channel.take().filter(({ op }) => op === "done");
    rounds.push(done.map(({ job, chunk }) => `${job}.${chunk}`).sort());
  }
  // When the second job came, the first had both slots; from then on each has one.
  assertEquals(rounds, [["1.1", "1.2"], ["1.3", "2.1"], ["1.4", "2.2"], ["1.5", "2.3"], [
    "2.4",
    "2.5",
  ]]);
});

Deno.test("a slot that is free goes to the job with the fewest running chunks, not to the one longest unserved", () => {
  const lab = new Lab(3);
  const channel = lab.channel();
  for (const job of [1, 2, 3]) open(channel, job, `code ${job}`);
  range(channel, 1, 1, 1, 1);
  range(channel, 1, 2, 2, 1);
  range(channel, 2, 1, 1, 1);
  const [, , second] = lab.busy;
  finish(second!);
  range(channel, 3, 1, 1, 1);
  const third = lab.busy.at(-1)!;
  range(channel, 1, 3, 3, 1);
  range(channel, 2, 2, 2, 1);
  const before = lab.busy;
  finish(third);
  const next = lab.busy.find((slot) => !before.includes(slot))!;
  const opened = next.heard.find(({ op }) => op === "open")!;
  assertEquals(opened.sha256, openMessage(2, "code 2").sha256);
});

Deno.test("results are cut at the end of a line where only a part of them is allowed", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 5, 5);
  const [slot] = lab.busy;
  finish(slot!);
  assertEquals(brief(channel), ["started 5 1", "result 5 1 1 2: 1,2", "result 5 1 3 0: 3"]);
  channel.say({ op: "credit", job: 5, chunk: 1, credit: 3 });
  assertEquals(brief(channel), ["result 5 1 3 2: 4"]);
  channel.say({ op: "credit", job: 5, chunk: 1, credit: 2 });
  assertEquals(brief(channel), ["result 5 1 5 1: 5", "done 5 1"]);
});

Deno.test("accumulators are combined before other chunks run", () => {
  const { lab, channel } = started();
  for (const chunk of [1, 2, 3]) range(channel, 5, chunk, chunk, 1);
  const lines = "[1]\n[2]\n[3]\n";
  const merge = { op: "chunk", job: 5, chunk: 4, position: 900, count: 3, merge: true };
  channel.say({ ...merge, item_bytes: lines.length, credit: 99 }, lines);
  finish(lab.busy[0]!);
  const given = lab.busy[0]!.take().at(-1)!;
  assertEquals([given.merge, given.count, given.position, given.text], [true, 3, 900, lines]);
  const slot = lab.alive.find(({ connection }) => connection === -1)!;
  slot.say({ op: "started", job: 1, chunk: 2 });
  slot.say({ op: "result", job: 1, chunk: 2, position: 900, count: 3 }, "[1,2,3]\n");
  slot.say({ op: "done", job: 1, chunk: 2, ms: 1 });
  assertEquals(brief(channel).slice(-3), [
    "started 5 4",
    "result 5 4 900 3: [1,2,3]",
    "done 5 4",
  ]);
});

Deno.test("no slot runs two jobs: an idle one of another job makes room, and is ended", () => {
  const lab = new Lab(1);
  const channel = lab.channel();
  open(channel, 1, "one");
  open(channel, 2, "two");
  range(channel, 1, 1, 1, 1);
  const [first] = lab.busy;
  finish(first!);
  assertEquals(first!.end, undefined, "it may be needed again");
  range(channel, 2, 1, 1, 1);
  assertEquals(first!.end, "close");
  const [second] = lab.busy;
  assert(second !== first);
  assertEquals(second!.heard.map(({ op }) => op), ["open", "code", "chunk"]);
  assertEquals(lab.alive.length, 2);
});

Deno.test("the end of a job ends its slots at once, and nobody else's", () => {
  const lab = new Lab(2);
  const [one, other] = [lab.channel(), lab.channel()];
  open(one, 1);
  open(other, 1);
  range(one, 1, 1, 1, 5);
  range(other, 1, 1, 1, 5);
  const [first, second] = lab.busy;
  one.say({ op: "close", job: 1 });
  assertEquals([first!.end, second!.end], ["close", undefined]);
  other.lose();
  assertEquals(second!.end, "close");
  assertEquals([lab.runner.jobs, lab.endedChannels], [0, [other.connection]]);
  lab.advance(SLOT_REFILL_MS);
  assertEquals(lab.alive.length, 3, "fresh slots stand ready");
});

Deno.test("results beyond the requester's credit wait, and the slot is not read meanwhile", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 4, 3);
  const [slot] = lab.busy;
  slot!.take();
  slot!.say({ op: "started", job: 1, chunk: 1 });
  result(slot!, 1, 1, 1);
  assertEquals([slot!.isPaused, brief(channel)], [false, ["started 5 1", "result 5 1 1 1: 1"]]);
  result(slot!, 1, 2, 2);
  slot!.say({ op: "failed", job: 1, chunk: 1, position: 4, cause: "error", error: "e" });
  slot!.say({ op: "done", job: 1, chunk: 1, ms: 1 });
  assertEquals([slot!.isPaused, brief(channel)], [true, ["result 5 1 2 0: 2"]]);
  range(channel, 5, 2, 5, 1);
  assertEquals(lab.busy.length, 0, "its place is not free yet");
  channel.say({ op: "credit", job: 5, chunk: 1, credit: 3 });
  assertEquals(brief(channel), ["result 5 1 2 2: 3"]);
  channel.say({ op: "credit", job: 5, chunk: 1, credit: 1 });
  assertEquals(brief(channel), ["failed 5 1 4 error", "done 5 1"]);
  assertEquals([slot!.isPaused, lab.busy.length], [false, 1]);
});

Deno.test("what a slot has told outlives it, though it waits for credit", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 2, 2);
  const [slot] = lab.busy;
  finish(slot!);
  slot!.lose();
  assertEquals(brief(channel), ["started 5 1", "result 5 1 1 1: 1"]);
  channel.say({ op: "credit", job: 5, chunk: 1, credit: 2 });
  assertEquals(brief(channel), ["result 5 1 2 1: 2", "done 5 1"]);
  assertEquals(lab.busy, []);
});

Deno.test("credit is handed down to the slot that runs the chunk", () => {
  const { lab, channel } = started();
  range(channel, 5, 9, 1, 4, 3);
  const [slot] = lab.busy;
  slot!.take();
  channel.say({ op: "credit", job: 5, chunk: 9, credit: 40 });
  assertEquals(slot!.take(), [{ op: "credit", job: 1, chunk: 1, credit: 40, text: "" }]);
});

Deno.test("what a slot's failures cost is allowed anew when the requester allows it", () => {
  const { lab, channel } = started();
  range(channel, 5, 9, 1, 4, 1000);
  const [slot] = lab.busy;
  slot!.say({ op: "started", job: 1, chunk: 1 });
  slot!.take();
  const failure = { op: "failed", job: 1, chunk: 1, cause: "error", error: "e".repeat(44) };
  for (const position of [1, 2]) slot!.say({ ...failure, position });
  assertEquals(slot!.take(), []);
  channel.say({ op: "credit", job: 5, chunk: 9, credit: 300 });
  assertEquals(slot!.take(), [{ op: "credit", job: 1, chunk: 1, credit: 300, text: "" }]);
});

Deno.test("a value in several pieces goes up once it is whole: a death in its middle leaves no trace", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 2, 10);
  const [slot] = lab.busy;
  slot!.take();
  const piece = { op: "result", job: 1, chunk: 1, position: 1, count: 0 };
  slot!.say({ op: "started", job: 1, chunk: 1 });
  slot!.say(piece, "[1,2,3,4");
  const [more] = slot!.take();
  assertEquals(
    [more!.op, +more!.credit! >= 200_000],
    ["credit", true],
    "it may go on whatever is allowed",
  );
  slot!.lose();
  assertEquals(brief(channel), ["started 5 1"]);
  const [next] = lab.busy;
  next!.take();
  next!.say({ op: "started", job: 1, chunk: 1 });
  next!.say(piece, "[1,2,3,4");
  next!.say({ ...piece, count: 1 }, ",5]\n");
  next!.say({ op: "done", job: 1, chunk: 1, ms: 1 });
  assertEquals(brief(channel), ["result 5 1 1 0: [1,2,3,4", "result 5 1 1 0: ,5"]);
  channel.say({ op: "credit", job: 5, chunk: 1, credit: 2 });
  assertEquals(brief(channel), ["result 5 1 1 1: ]"]);
});

Deno.test("a chunk that is dropped ends after its item, and gives back what was not told", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 9);
  range(channel, 5, 2, 10, 9);
  const [slot] = lab.busy;
  slot!.take();
  slot!.say({ op: "started", job: 1, chunk: 1 });
  result(slot!, 1, 1, 2);
  channel.take();
  channel.say({ op: "drop", job: 5, chunk: 2 });
  assertEquals(brief(channel), ["returned 5 2 10 dropped"]);
  channel.say({ op: "drop", job: 5, chunk: 1 });
  assertEquals([brief(channel), brief(slot!)], [[], ["drop 1 1"]]);
  result(slot!, 1, 3, 1);
  slot!.say({ op: "returned", job: 1, chunk: 1, position: 4, ms: 3, why: "dropped" });
  assertEquals(brief(channel), ["returned 5 1 3 dropped"]);
  assertEquals(slot!.end, undefined, "it can go on with something else");
  range(channel, 5, 3, 10, 9);
  assertEquals(lab.busy, [slot]);
});

Deno.test("an item that goes on after its chunk was dropped is ended after a second", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 9);
  const [slot] = lab.busy;
  slot!.say({ op: "started", job: 1, chunk: 1 });
  channel.take();
  channel.say({ op: "drop", job: 5, chunk: 1 });
  lab.advance(999);
  assertEquals(slot!.end, undefined);
  lab.advance(1);
  assertEquals([slot!.end, brief(channel).at(-1)], ["close", "returned 5 1 1 dropped"]);
});

Deno.test("a slot's own return of a late chunk goes up, but not while a death is looked into", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 9);
  const [slot] = lab.busy;
  slot!.take();
  slot!.say({ op: "started", job: 1, chunk: 1 });
  result(slot!, 1, 1, 2);
  slot!.say({ op: "returned", job: 1, chunk: 1, position: 3, ms: 2000, why: "late" });
  assertEquals(brief(channel).at(-1), "returned 5 1 3 late");
  range(channel, 5, 2, 3, 8);
  slot!.say({ op: "started", job: 1, chunk: 2 });
  slot!.lose();
  finish(lab.busy[0]!);
  const next = lab.busy[0]!;
  const given = next.take().at(-1) as unknown as Record<string, number>;
  next.say({ op: "started", job: 1, chunk: given.chunk });
  result(next, given.chunk!, given.position!, 1);
  const returned = { op: "returned", job: 1, chunk: given.chunk, position: given.position! + 1 };
  channel.take();
  next.say({ ...returned, ms: 2000, why: "late" });
  assertEquals([brief(channel), lab.busy.length], [[], 1]);
});

Deno.test("a leaving runner gives everything back, after the items that run, and ends its channels", () => {
  const lab = new Lab(1);
  const [channel, idle] = [lab.channel(), lab.channel()];
  open(channel, 5);
  range(channel, 5, 1, 1, 9);
  range(channel, 5, 2, 10, 9);
  const [slot] = lab.busy;
  slot!.take();
  slot!.say({ op: "started", job: 1, chunk: 1 });
  channel.take();
  lab.leave();
  assertEquals(brief(channel), ["slots 0", "returned 5 2 10 leaving"]);
  assertEquals([idle.end, channel.end, lab.runner.isOver], ["finish", undefined, false]);
  range(channel, 5, 3, 20, 1);
  assertEquals(brief(channel), ["returned 5 3 20 leaving"]);
  result(slot!, 1, 1, 2);
  slot!.say({ op: "returned", job: 1, chunk: 1, position: 3, ms: 1, why: "dropped" });
  assertEquals(brief(channel), ["result 5 1 1 2: 1,2", "returned 5 1 3 leaving"]);
  assertEquals([channel.end, lab.runner.isOver, lab.alive], ["finish", true, []]);
});

Deno.test("an item that goes on when its worker leaves is given back after a second", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 9);
  const [slot] = lab.busy;
  slot!.say({ op: "started", job: 1, chunk: 1 });
  lab.leave();
  lab.advance(1000);
  assertEquals(brief(channel).at(-1), "returned 5 1 1 leaving");
  assertEquals([slot!.end, channel.end, lab.runner.isOver], ["close", "finish", true]);
});

Deno.test("pings are answered, and a requester that is silent is given up, with jobs or without", () => {
  const lab = new Lab();
  const channel = lab.channel();
  channel.say({ op: "ping" });
  assertEquals(brief(channel), ["pong"]);
  for (let second = 0; second < 20; second++) {
    if (second === 10) open(channel, 1);
    lab.advance(1000);
    assertEquals(brief(channel), ["ping"]);
    channel.say({ op: "pong" });
  }
  lab.advance(3999);
  assertEquals(channel.end, undefined);
  lab.advance(1);
  assertEquals([channel.end, lab.runner.jobs], ["close", 0]);
  const idle = lab.channel();
  lab.advance(3999);
  assertEquals(idle.end, undefined);
  lab.advance(1);
  assertEquals(idle.end, "close");
});

Deno.test("a requester that asks and does not read the answers loses its channel, and one that reads does not", () => {
  const questions = ['{"op":"ping"}\n', '{"op":"open","job":7}\n'];
  for (const question of questions) {
    for (const reads of [false, true]) {
      const { lab, channel } = started();
      let answers = 0;
      for (let round = 0; round < 100 && channel.end === undefined; round++) {
        channel.sayBytes(new TextEncoder().encode(question.repeat(1000)));
        answers += channel.take().length;
        if (reads) lab.step({ kind: "drained", connection: channel.connection });
      }
      assertEquals(channel.end, reads ? undefined : "close", `${question} ${reads}`);
      assert(reads || answers < 80_000, `${answers}`);
    }
  }
});

Deno.test("a slot that is silent is asked, and ended if it does not answer", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 9);
  const [slot] = lab.busy;
  slot!.say({ op: "started", job: 1, chunk: 1 });
  slot!.take();
  for (let second = 0; second < 11; second++) {
    lab.advance(1000);
    channel.say({ op: "ping" });
    assertEquals(slot!.end, second < 10 ? undefined : "close");
  }
  assertEquals(lab.busy.length, 1);
});

Deno.test("if no process can be started, the runner says so, and goes on trying", () => {
  const lab = new Lab(2, false);
  const channel = lab.channel();
  open(channel, 5);
  range(channel, 5, 1, 1, 9);
  for (const slot of lab.slots) slot.lose("no such file");
  assertEquals(brief(channel), [], "those that were started together fail together, once");
  const wait = () => {
    for (let second = 0; second < 6; second++) {
      lab.advance(1000);
      channel.say({ op: "pong" });
    }
  };
  for (let count = 0; count < 3; count++) {
    wait();
    lab.alive.at(-1)?.lose("no such file");
  }
  const heard = brief(channel).filter((line) => line !== "ping" && line !== "pong");
  assertEquals(heard, ["slots 0", "returned 5 1 1 late"]);
  range(channel, 5, 2, 1, 9);
  assertEquals(brief(channel), ["returned 5 2 1 late"]);
  wait();
  channel.take();
  lab.connect(lab.alive.at(-1)!);
  assertEquals(brief(channel), ["slots 2"]);
});

Deno.test("why slots do not start is said once for each reason, and again after one has started", () => {
  const lab = new Lab(1, false);
  const fail = (reason: string) => {
    for (const slot of lab.alive) slot.lose(reason);
    lab.advance(10_000);
  };
  for (const reason of ["no such file", "no such file", "timeout", "no such file"]) fail(reason);
  const said = ["warn a slot did not start: no such file", "warn a slot did not start: timeout"];
  assertEquals(lab.logs, said);
  for (const slot of lab.alive) lab.connect(slot);
  lab.logs.length = 0;
  for (const slot of lab.alive.filter(({ isConnected }) => !isConnected)) slot.lose("timeout");
  assertEquals(lab.logs, [said[1]]);
});

Deno.test("a requester that breaks the rules loses its channel", () => {
  const chunk = { op: "chunk", job: 5, chunk: 1, position: 1, count: 1, first: "1", credit: 0 };
  const broken: readonly object[] = [
    openMessage(5),
    { ...openMessage(6), job: -1 },
    { op: "chunk", job: "5" },
    { ...chunk, count: 0 },
    { ...chunk, first: "1.5" },
    { ...chunk, first: undefined },
    { ...chunk, credit: -1 },
    { ...chunk, position: 2 ** 53 },
    { ...chunk, position: 2 ** 53 - 1 },
    { ...chunk, merge: 1 },
    { op: "items", job: 5, chunk: "x" },
  ];
  for (const message of broken) {
    const { channel } = started();
    channel.say(message as Record<string, unknown>);
    assertEquals(channel.end, "close", JSON.stringify(message));
  }
  const { channel } = started();
  channel.say({ op: "hint" });
  channel.say({ op: "hint", job: 5, chunk: "x", bytes: 1 }, "x");
  assertEquals(channel.end, undefined, "what a later version may say");
  channel.say(chunk);
  channel.say({ op: "credit", job: 5, chunk: 1, credit: 0.5 });
  assertEquals(channel.end, "close");
});

Deno.test("items that do not fit their chunk are a requester's fault", () => {
  const chunk = { op: "chunk", job: 1, chunk: 1, position: 1, count: 2, item_bytes: 4, credit: 0 };
  const items = { op: "items", job: 1, chunk: 1 };
  const cases: readonly ((channel: Peer) => void)[] = [
    (channel) => channel.say(chunk, "1\n2\n3\n"),
    (channel) => channel.say({ ...chunk, item_bytes: 0 }),
    (channel) => {
      channel.say(chunk, "1\n");
      channel.say(items, "2\n3\n");
    },
    (channel) => {
      channel.say(chunk, "1\n");
      channel.say(items);
    },
  ];
  for (const [index, say] of cases.entries()) {
    const channel = new Lab().channel();
    open(channel, 1, "code", { input: "items" });
    say(channel);
    assertEquals(channel.end, "close", `case ${index}`);
  }
});

Deno.test("what a function prints is passed on up to a rate", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 9);
  const [slot] = lab.busy;
  slot!.say({ op: "started", job: 1, chunk: 1 });
  const print = { op: "print", job: 1, position: 1, text: "x".repeat(4096) };
  for (let second = 0; second < 2; second++) {
    channel.take();
    for (let count = 0; count < 100; count++) slot!.say(print);
    const prints = channel.take().filter(({ op }) => op === "print");
    const notices = second === 0 ? [] : ["(93 printed texts were too much, and dropped)"];
    assertEquals(prints.splice(0, second).map(({ text }) => text), notices);
    assertEquals(prints.length, 7);
    lab.advance(1000);
  }
});

Deno.test("texts that a function prints are counted, too, even if they are empty", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 9);
  const [slot] = lab.busy;
  slot!.say({ op: "started", job: 1, chunk: 1 });
  channel.take();
  for (let count = 0; count < 2000; count++) {
    slot!.say({ op: "print", job: 1, position: 1, text: "" });
  }
  assertEquals(channel.take().filter(({ op }) => op === "print").length, 512);
});

Deno.test("a value without end is rubbish", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 1);
  const [slot] = lab.busy;
  slot!.say({ op: "started", job: 1, chunk: 1 });
  const piece = { op: "result", job: 1, chunk: 1, position: 1, count: 0 };
  const text = "x".repeat(MAX_PIECE_BYTES);
  for (let bytes = 0; bytes < MAX_VALUE_BYTES; bytes += text.length) slot!.say(piece, text);
  assertEquals(slot!.end, undefined);
  slot!.say(piece, "x");
  assertEquals(slot!.end, "close");
});

Deno.test("more chunks than a requester should give are more than it may", () => {
  const { channel } = started(2);
  for (let chunk = 1; chunk <= 16; chunk++) range(channel, 5, chunk, chunk, 1);
  assertEquals(channel.end, undefined);
  range(channel, 5, 17, 17, 1);
  assertEquals(channel.end, "close");
});

Deno.test("a job that cannot be is refused, and what is said of it later means nothing", () => {
  const lab = new Lab();
  const channel = lab.channel();
  const bad: readonly object[] = [{ sha256: "x" }, { code_bytes: 0 }, { reduce: "average" }, {
    seed: "1",
  }];
  for (const [job, members] of bad.entries()) {
    channel.say({ ...openMessage(job), ...members });
    const [failed] = channel.take();
    assertEquals([failed!.op, failed!.job, failed!.code], ["job_failed", job, "bad_job"]);
    range(channel, job, 1, 1, 1);
    channel.say({ op: "close", job });
  }
  assertEquals([channel.end, lab.busy.length], [undefined, 0]);
});
