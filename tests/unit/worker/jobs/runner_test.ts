import { assert, assertEquals } from "@std/assert";
import {
  CODE_PATIENCE_MS,
  MAX_PIECE_BYTES,
  MAX_VALUE_BYTES,
  SLOT_REFILL_MS,
} from "../../../../src/limits.ts";
import { type FakeSlot, Lab, open, openMessage, type Peer, range } from "./lab.ts";

/** What was said, in short: the operation and what matters of it. */
function brief(peer: Peer): string[] {
  return peer.take().map((message) => {
    const { op, job, chunk, position, count, cause, why, slots, text } = message;
    const parts = [op, job, chunk, position, count, cause, why, slots];
    const shown = parts.filter((part) => part !== undefined).join(" ");
    return text === "" ? shown : `${shown}: ${text.trim().replaceAll("\n", ",")}`;
  });
}

/** The slot says that it runs what it was given last, and all of its values: the positions. */
function finish(slot: FakeSlot, ms = 1): void {
  const given = slot.heard.findLast(({ op }) => op === "chunk");
  assert(given !== undefined, "it has a chunk");
  slot.take();
  const { chunk, position, count } = given as unknown as Record<string, number>;
  slot.say({ op: "started", job: 1, chunk });
  result(slot, chunk!, position!, count!);
  slot.say({ op: "done", job: 1, chunk, ms });
}

function result(slot: FakeSlot, chunk: number, position: number, count: number): void {
  const values = Array.from({ length: count }, (_, index) => `${position + index}\n`).join("");
  slot.say({ op: "result", job: 1, chunk, position, count }, values);
}

/** A runner of so many slots, with a job on a channel. */
function started(slots = 1): { lab: Lab; channel: Peer } {
  const lab = new Lab(slots);
  const channel = lab.channel();
  open(channel, 5);
  return { lab, channel };
}

Deno.test("a runner starts a fresh slot for each place and one to spare, and later one for each that was taken", () => {
  const { lab, channel } = started(3);
  assertEquals(lab.slots.length, 4);
  range(channel, 5, 1, 1, 10);
  lab.advance(SLOT_REFILL_MS - 1);
  assertEquals(lab.slots.length, 4, "nothing is started while the job gives its first results");
  lab.advance(1);
  assertEquals(lab.slots.length, 5);
  for (let chunk = 2; chunk <= 5; chunk++) range(channel, 5, chunk, 10 * chunk, 10);
  assertEquals([lab.slots.length, lab.busy.length], [5, 3]);
  lab.advance(SLOT_REFILL_MS);
  assertEquals([lab.slots.length, lab.busy.length], [7, 3]);
});

Deno.test("a runner that has no fresh slot left starts all that it lacks at once", () => {
  const { lab, channel } = started(1);
  range(channel, 5, 1, 1, 10);
  assertEquals([lab.slots.length, lab.busy.length], [2, 1]);
  lab.busy[0]!.lose();
  assertEquals([lab.slots.length, lab.busy.length], [4, 1]);
  lab.advance(SLOT_REFILL_MS);
  assertEquals([lab.slots.length, lab.busy.length], [4, 1]);
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
  assertEquals(lab.alive.length, 3);
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

Deno.test("a slot that dies costs nothing but time: its items are run again in another", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 10);
  const [slot] = lab.busy;
  slot!.say({ op: "started", job: 1, chunk: 1 });
  result(slot!, 1, 1, 4);
  slot!.say({ op: "at", job: 1, chunk: 1, position: 7 });
  channel.take();
  slot!.lose();
  // 5 and 6 first, then 7 alone, then halves of 8 to 10.
  const stretches: string[] = [];
  while (lab.busy.length > 0) {
    const next = lab.busy[0]!;
    const given = next.heard.at(-1)!;
    stretches.push(`${given.first} ${given.count}`);
    finish(next);
  }
  assertEquals(stretches, ["5 2", "7 1", "8 2", "10 1"]);
  assertEquals(brief(channel), [
    "result 5 1 5 2: 5,6",
    "result 5 1 7 1: 7",
    "result 5 1 8 2: 8,9",
    "result 5 1 10 1: 10",
    "done 5 1",
  ]);
});

Deno.test("an item of which slots die fails by name, and all others have their values", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 6);
  while (lab.busy.length > 0) {
    const slot = lab.busy[0]!;
    const given = slot.heard.at(-1) as unknown as Record<string, number>;
    const isDeadly = given.position! <= 4 && given.position! + given.count! > 4;
    if (!isDeadly) {
      finish(slot);
      continue;
    }
    slot.say({ op: "started", job: 1, chunk: given.chunk });
    if (given.position! < 4) result(slot, given.chunk!, given.position!, 4 - given.position!);
    slot.say({ op: "at", job: 1, chunk: given.chunk, position: 4 });
    slot.lose();
  }
  assertEquals(brief(channel).filter((line) => !line.startsWith("at")), [
    "started 5 1",
    "result 5 1 1 3: 1,2,3",
    "failed 5 1 4 crash",
    "result 5 1 5 2: 5,6",
    "done 5 1",
  ]);
});

Deno.test("a verdict ends the slot and names the item; what was lost before it is run again", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 6);
  const [slot] = lab.busy;
  slot!.say({ op: "started", job: 1, chunk: 1 });
  result(slot!, 1, 1, 1);
  const verdict = { op: "verdict", job: 1, chunk: 1, position: 4, cause: "time" };
  slot!.say({ ...verdict, error: "took a day" });
  assertEquals(slot!.end, "close");
  finish(lab.busy[0]!);
  finish(lab.busy[0]!);
  const heard = channel.take();
  assertEquals(heard.map(({ op, position = "" }) => `${op} ${position}`), [
    "started ",
    "result 1",
    "result 2",
    "failed 4",
    "result 5",
    "done ",
  ]);
  const { cause, error, worker } = heard[3]!;
  assertEquals([cause, error, worker], ["time", "took a day", "lab#2"]);
});

/** The slot that runs says that it uses too much memory at an item. */
function useTooMuch(lab: Lab, position: number): FakeSlot {
  const [slot] = lab.busy;
  const { chunk } = slot!.take().findLast(({ op }) => op === "chunk")!;
  slot!.say({ op: "started", job: 1, chunk });
  slot!.say({ op: "verdict", job: 1, chunk, position, cause: "memory", error: "2 GB" });
  assertEquals(slot!.end, "close");
  return slot!;
}

Deno.test("memory is held against an item only if its slot has run nothing else", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 6);
  useTooMuch(lab, 4);
  // What came before it is run again, and then it in a slot of its own, in which it does not go too far.
  const used = lab.busy[0]!;
  finish(used);
  assertEquals([used.end, lab.busy[0]!.heard.at(-1)!.position], ["close", 4]);
  finish(lab.busy[0]!);
  // It may have piled up again; this one is to blame for all of it.
  useTooMuch(lab, 5);
  useTooMuch(lab, 5);
  finish(lab.busy[0]!);
  const heard = channel.take();
  assertEquals(heard.map(({ op, position = "" }) => `${op} ${position}`), [
    "started ",
    "result 1",
    "result 4",
    "failed 5",
    "result 6",
    "done ",
  ]);
  assertEquals([heard[3]!.cause, heard[3]!.error], ["memory", "2 GB"]);
});

Deno.test("an item that has taken nearly all memory itself is named at once", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 3);
  const [slot] = lab.busy;
  slot!.say({ op: "started", job: 1, chunk: 1 });
  result(slot!, 1, 1, 1);
  const verdict = { op: "verdict", job: 1, chunk: 1, position: 2, cause: "memory", error: "2 GB" };
  slot!.say({ ...verdict, alone: true });
  finish(lab.busy[0]!);
  assertEquals(brief(channel).slice(-3), ["failed 5 1 2 memory", "result 5 1 3 1: 3", "done 5 1"]);
});

Deno.test("while a suspect waits for a fresh slot, those that are idle go on with other chunks", () => {
  const lab = new Lab(2, false);
  const channel = lab.channel();
  open(channel, 5);
  const used = lab.alive.slice(0, 2);
  for (const slot of used) lab.connect(slot);
  for (const position of [1, 6, 11]) range(channel, 5, position, position, 5);
  useTooMuch(lab, 2);
  finish(used[1]!);
  // What came before the suspect; then it is first, and none of the processes that are being started has connected.
  finish(used[1]!);
  assertEquals(lab.busy.map(({ heard }) => heard.at(-1)!.position), [11]);
  finish(used[1]!);
  assertEquals(lab.busy, []);
  lab.connect(lab.alive.find(({ isConnected }) => !isConnected)!);
  assertEquals(lab.busy.map(({ heard }) => heard.at(-1)!.position), [2]);
});

Deno.test("where no fresh slot can be started, a suspect makes do with another", () => {
  const lab = new Lab(2, false);
  const channel = lab.channel();
  open(channel, 5);
  const used = lab.alive.slice(0, 2);
  for (const slot of used) lab.connect(slot);
  for (const position of [1, 6]) range(channel, 5, position, position, 5);
  finish(used[1]!);
  const noneStarts = () => {
    for (const slot of lab.alive.filter(({ isConnected }) => !isConnected)) slot.lose("no memory");
  };
  noneStarts();
  useTooMuch(lab, 2);
  finish(used[1]!);
  // It could be that one starts.
  assertEquals(lab.busy, []);
  for (let count = 0; count < 2; count++) {
    lab.advance(1000);
    channel.say({ op: "pong" });
    noneStarts();
  }
  assertEquals(lab.busy, [used[1]]);
  finish(used[1]!);
  finish(used[1]!);
  assertEquals(brief(channel).findLast((line) => line.startsWith("done")), "done 5 1");
});

Deno.test("items after a death are cut out of the lines that came", () => {
  const lab = new Lab();
  const channel = lab.channel();
  open(channel, 1, "code", { input: "items" });
  const lines = ['"a"\n', '"b"\n', '"c"\n', '"d"'];
  const item_bytes = lines.join("").length;
  const chunk = { op: "chunk", job: 1, chunk: 1, position: 11, count: 4, item_bytes, credit: 99 };
  channel.say(chunk, '"a"\n"b');
  assertEquals(lab.busy.length, 0, "it waits for its items");
  channel.say({ op: "items", job: 1, chunk: 1 }, '"\n"c"\n"d"');
  const [slot] = lab.busy;
  const pieces = slot!.take().filter(({ op }) => op === "chunk" || op === "items");
  assertEquals(pieces.map(({ text }) => text).join(""), lines.join(""));
  slot!.say({ op: "started", job: 1, chunk: 1 });
  slot!.say({ op: "at", job: 1, chunk: 1, position: 12 });
  slot!.lose();
  const given: string[] = [];
  while (lab.busy.length > 0) {
    const [next] = lab.busy;
    given.push(
      next!.heard.filter(({ op }) => op === "chunk" || op === "items").map(({ text }) => text).join(
        "",
      ),
    );
    finish(next!);
  }
  assertEquals(given, ['"a"\n', '"b"\n', '"c"\n', '"d"']);
});

Deno.test("what died of an item is told of with the item: its number, or the beginning of its line", () => {
  const { lab, channel } = started();
  const verdict = (position: number) => {
    const [slot] = lab.busy;
    const { chunk } = slot!.take().findLast(({ op }) => op === "chunk")!;
    slot!.say({ op: "started", job: 1, chunk });
    slot!.say({ op: "verdict", job: 1, chunk, position, cause: "memory", error: "e" });
    return channel.take().find(({ op }) => op === "failed")!.item;
  };
  const numbers = { op: "chunk", job: 5, chunk: 1, position: 11, count: 3, credit: 999 };
  channel.say({ ...numbers, first: "-9007199254740993" });
  assertEquals([verdict(11), verdict(12)], ["-9007199254740993", "-9007199254740992"]);
  channel.say({ op: "close", job: 5 });
  open(channel, 6, "export", { input: "items" });
  const long = `"${"ñ".repeat(150_000)}"`;
  const lines = `{"a": 1}\n${long}\n[3]`;
  const bytes = new TextEncoder().encode(lines).length;
  const head = lines.slice(0, 100_000);
  const items = { op: "chunk", job: 6, chunk: 1, position: 1, count: 3, credit: 9999 };
  channel.say({ ...items, item_bytes: bytes }, head);
  channel.say({ op: "items", job: 6, chunk: 1 }, lines.slice(100_000));
  assertEquals([verdict(1), verdict(2), verdict(3)], ['{"a": 1}', long.slice(0, 2048), "[3]"]);
});

Deno.test("what a slot says is believed only if it can be true", () => {
  const at = (position: number) => ({ op: "at", job: 1, chunk: 1, position });
  const rubbish: readonly (readonly [object, string?])[] = [
    [{ op: "result", job: 1, chunk: 1, position: 2, count: 1 }, "x\n"],
    [{ op: "result", job: 1, chunk: 1, position: 1, count: 11 }, "x\n"],
    [{ op: "result", job: 1, chunk: 1, position: 1, count: -1 }, "x\n"],
    [{ op: "result", job: 1, chunk: 2, position: 1, count: 1 }, "x\n"],
    [{ op: "failed", job: 1, chunk: 1, position: 2, cause: "error", error: "e" }],
    [{ op: "failed", job: 1, chunk: 1, position: 1, cause: "boredom", error: "e" }],
    [{ op: "done", job: 1, chunk: 1, ms: 1 }],
    [{ op: "returned", job: 1, chunk: 1, position: 1, ms: 1, why: "dropped" }],
    [{ op: "returned", job: 1, chunk: 1, position: 3, ms: 1, why: "late" }],
    [{ op: "verdict", job: 1, chunk: 1, position: 11, cause: "memory", error: "e" }],
    [{ op: "verdict", job: 1, chunk: 1, position: 1, cause: "crash", error: "e" }],
    [{ op: "started", job: 1, chunk: 1 }],
    [at(0)],
    [at(11)],
    [{ op: "print", job: 1, position: 1 }],
    [{ op: "slots", slots: 7 }],
    [{ op: "no such" }],
  ];
  for (const [message, text] of rubbish) {
    const { lab, channel } = started();
    range(channel, 5, 1, 1, 10);
    const [slot] = lab.busy;
    slot!.say({ op: "started", job: 1, chunk: 1 });
    slot!.say(message as Record<string, unknown>, text);
    assertEquals(slot!.end, "close", JSON.stringify(message));
    while (lab.busy.length > 0) finish(lab.busy[0]!);
    const heard = channel.take();
    const count = heard.reduce((sum, { op, count }) => sum + (op === "result" ? +count! : 0), 0);
    assertEquals([count, heard.at(-1)!.op], [10, "done"], JSON.stringify(message));
  }
});

Deno.test("a slot that says what is no message is ended like one that dies", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 2);
  const [slot] = lab.busy;
  slot!.sayBytes(new TextEncoder().encode("rubbish\n"));
  assertEquals([slot!.end, lab.busy.length], ["close", 1]);
});

Deno.test("slots that die before they run anything fail the job, and only it", () => {
  const { lab, channel } = started();
  open(channel, 6, "other");
  range(channel, 5, 1, 1, 10);
  for (let deaths = 0; deaths < 3; deaths++) lab.busy[0]!.lose();
  const [failed] = channel.take();
  assertEquals([failed!.op, failed!.job, failed!.code], ["job_failed", 5, "setup_failed"]);
  range(channel, 5, 2, 11, 10);
  range(channel, 6, 1, 1, 2);
  finish(lab.busy[0]!);
  assertEquals(brief(channel).at(-1), "done 6 1");
});

Deno.test("slots that die at once in one chunk, and not in others, die of one of its items", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 2);
  finish(lab.busy[0]!);
  range(channel, 5, 2, 3, 2);
  let deaths = 0;
  while (lab.busy.length > 0) {
    const slot = lab.busy[0]!;
    const given = slot.heard.at(-1) as unknown as Record<string, number>;
    if (given.position! <= 3) {
      deaths++;
      slot.lose();
    } else finish(slot);
  }
  assertEquals(deaths, 6);
  assertEquals(
    brief(channel).slice(-3),
    [
      "failed 5 2 3 crash",
      "started 5 2",
      "result 5 2 4 1: 4",
      "done 5 2",
    ].slice(-3),
  );
});

Deno.test("accumulators that cannot be combined fail as one, wherever it happened", () => {
  const { lab, channel } = started();
  const lines = "[1]\n[2]\n[3]\n";
  const merge = { op: "chunk", job: 5, chunk: 4, position: 900, count: 3, merge: true };
  channel.say({ ...merge, item_bytes: lines.length, credit: 99 }, lines);
  const [slot] = lab.busy;
  slot!.say({ op: "started", job: 1, chunk: 1 });
  slot!.say({ op: "at", job: 1, chunk: 1, position: 902 });
  const failed = { op: "failed", job: 1, chunk: 1, position: 902, cause: "error", error: "e" };
  slot!.say(failed);
  slot!.say({ op: "done", job: 1, chunk: 1, ms: 1 });
  assertEquals(brief(channel).slice(-2), ["failed 5 4 902 error", "done 5 4"]);
  channel.say({ ...merge, chunk: 5, item_bytes: lines.length, credit: 99 }, lines);
  for (let deaths = 0; deaths < 2; deaths++) {
    const [next] = lab.busy;
    const number = next!.heard.at(-1)!.chunk;
    assertEquals(next!.heard.at(-1)!.text, lines);
    next!.say({ op: "started", job: 1, chunk: number });
    next!.say({ op: "at", job: 1, chunk: number, position: 901 });
    next!.lose();
  }
  assertEquals(brief(channel).slice(-2), ["failed 5 5 900 crash", "done 5 5"]);
});

Deno.test("a slot that cannot load the module, or whose setup fails, fails the job with what it says", () => {
  const { lab, channel } = started();
  range(channel, 5, 1, 1, 10);
  const [slot] = lab.busy;
  slot!.say({ op: "job_failed", job: 1, code: "bad_code", error: "no map", stack: "at 1:1" });
  const [failed] = channel.take();
  const { op, job, code, error, stack } = failed!;
  assertEquals([op, job, code, error, stack], ["job_failed", 5, "bad_code", "no map", "at 1:1"]);
  assertEquals([slot!.end, lab.busy.length], ["close", 0]);
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
  assertEquals(heard, ["slots 0", "returned 5 1 1 leaving"]);
  range(channel, 5, 2, 1, 9);
  assertEquals(brief(channel), ["returned 5 2 1 leaving"]);
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
