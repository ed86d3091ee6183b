import { assertEquals, assertMatch } from "@std/assert";
import { brief, finish, result, started } from "./briefly.ts";
import { type FakeSlot, Lab, open, range } from "./lab.ts";

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

Deno.test("accumulators of which a slot dies again and again end the job, and are no item's fault", () => {
  const { lab, channel } = started();
  const lines = "[1]\n[2]\n[3]\n";
  const merge = { op: "chunk", job: 5, chunk: 4, position: 900, count: 3, merge: true };
  channel.say({ ...merge, item_bytes: lines.length, credit: 99 }, lines);
  for (let deaths = 0; deaths < 2; deaths++) {
    const [next] = lab.busy;
    const number = next!.heard.at(-1)!.chunk;
    assertEquals(next!.heard.at(-1)!.text, lines);
    next!.say({ op: "started", job: 1, chunk: number });
    next!.say({ op: "at", job: 1, chunk: number, position: 901 });
    next!.lose();
  }
  const { op, job, code, error } = channel.take().at(-1)!;
  assertEquals([op, job, code], ["job_failed", 5, "bad_job"]);
  assertMatch(String(error), /^accumulators cannot be merged: /);
  assertEquals(lab.busy, []);
});

Deno.test("accumulators that take too long together end the job, and cost nobody his channel", () => {
  const { lab, channel } = started();
  const lines = "1\n2\n";
  const merge = { op: "chunk", job: 5, chunk: 4, position: 900, count: 2, merge: true };
  channel.say({ ...merge, item_bytes: lines.length, credit: 99 }, lines);
  const [slot] = lab.busy;
  slot!.say({ op: "started", job: 1, chunk: 1 });
  slot!.say({ op: "verdict", job: 1, chunk: 1, position: 901, cause: "time", error: "too slow" });
  const { op, error } = channel.take().at(-1)!;
  assertEquals([op, error], ["job_failed", "accumulators cannot be merged: too slow"]);
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
