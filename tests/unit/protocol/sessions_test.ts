import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  MAX_HELD_BYTES,
  MAX_PIPELINED_REQUESTS,
  MAX_REQUESTS,
  MAX_UNSENT_REPLY_BYTES,
} from "../../../src/limits.ts";
import type { ConnectionEvent, Effect } from "../../../src/protocol/machine.ts";
import type { Request } from "../../../src/protocol/messages.ts";
import type { ReplySlot, Session } from "../../../src/protocol/session.ts";
import { Sessions } from "../../../src/protocol/sessions.ts";
import { textEffects } from "../../support/effects.ts";

const encoder = new TextEncoder();
const PING = '{"op":"ping"}\n';

/** Sessions whose requests wait until the test answers them. */
class Desk {
  readonly waiting: { session: Session; slot: ReplySlot; request: Request }[] = [];
  readonly sessions: Sessions;
  mayRead = true;
  /** How many bytes a reply may have, as far as anybody knows. */
  replyBytes = 0;
  /** Answers every request as soon as it is read. */
  atOnce = false;
  /** Gives every connection away as soon as it asks. */
  releasesAtOnce = false;

  constructor(maxLineBytes = 1000) {
    this.sessions = new Sessions(maxLineBytes, {
      replyBytes: () => this.replyBytes,
      mayRead: () => this.mayRead,
      request: (session, slot, request) => {
        this.waiting.push({ session, slot, request });
        if (this.releasesAtOnce) this.sessions.release(session);
        if (this.atOnce) this.reply(this.waiting.length - 1, "now");
      },
    });
  }

  reply(index: number, text: string): void {
    const { session, slot } = this.waiting[index]!;
    this.sessions.reply(session, slot, text + "\n");
  }

  settle(): Effect[] {
    const effects: Effect[] = [];
    this.sessions.settle(effects);
    return textEffects(effects);
  }

  step(event: ConnectionEvent): Effect[] {
    this.sessions.step(event);
    return this.settle();
  }

  accept(connection = 1): Effect[] {
    return this.step({ kind: "accepted", connection, remote: "" });
  }

  receive(text: string | Uint8Array, connection = 1): Effect[] {
    const bytes = typeof text === "string" ? encoder.encode(text) : text;
    const effects = this.step({ kind: "received", connection, bytes });
    bytes.fill(0x0a);
    return effects;
  }

  /** The unanswered requests of one connection, by their places among all. */
  of(connection: number): number[] {
    return [...this.waiting.keys()].filter((index) =>
      this.waiting[index]!.session.connection === connection
    );
  }

  end(connection = 1): Effect[] {
    return this.step({ kind: "ended", connection });
  }
}

function written(effects: readonly Effect[]): string {
  return effects.map((effect) => effect.kind === "write" ? effect.text : "").join("");
}

function kinds(effects: readonly Effect[]): string[] {
  return effects.map(({ kind }) => kind);
}

function started(maxLineBytes?: number): Desk {
  const desk = new Desk(maxLineBytes);
  assertEquals(desk.accept(), []);
  return desk;
}

Deno.test("bare replies go out in the order of their requests", () => {
  const desk = started();
  desk.receive(PING.repeat(3));
  desk.reply(2, "c");
  assertEquals(desk.settle(), []);
  desk.reply(0, "a");
  assertEquals(written(desk.settle()), "a\n");
  desk.reply(1, "b");
  assertEquals(written(desk.settle()), "b\nc\n");
});

Deno.test("replies with an id go out at once, past the bare ones", () => {
  const desk = started();
  desk.receive(`${PING}{"op":"ping","id":1}\n${PING}{"op":"ping","id":"x"}\n`);
  assertEquals(desk.waiting.map(({ slot }) => slot.id), [undefined, 1, undefined, "x"]);
  for (const [index, expected] of [[3, "3\n"], [2, ""], [1, "1\n"], [0, "0\n2\n"]] as const) {
    desk.reply(index, String(index));
    assertEquals(written(desk.settle()), expected);
  }
});

Deno.test("an error keeps its place among the bare replies", () => {
  const desk = started();
  assertEquals(desk.receive(`${PING}nonsense\n`), []);
  desk.reply(0, "first");
  assertEquals(
    written(desk.settle()),
    'first\n{"ok":false,"error":"la línea no es JSON válido"}\n',
  );
});

Deno.test("all that is ready goes out in one write", () => {
  const desk = started();
  desk.atOnce = true;
  const effects = desk.receive(PING.repeat(100));
  assertEquals([kinds(effects), written(effects)], [["write"], "now\n".repeat(100)]);
});

Deno.test("empty lines are no requests, and lines of spaces are bad ones", () => {
  const desk = started();
  assertEquals(desk.receive("\n\r\n\n"), []);
  assertStringIncludes(written(desk.receive(" \n")), "no es JSON");
});

Deno.test("a line that is not UTF-8 is an error, and the connection goes on", () => {
  const desk = started();
  desk.atOnce = true;
  const bytes = Uint8Array.from([0x22, 0xff, 0x22, 0x0a, ...encoder.encode(PING)]);
  assertEquals(
    written(desk.receive(bytes)),
    '{"ok":false,"error":"la línea no es UTF-8 válido"}\nnow\n',
  );
});

Deno.test("a character cut in two by the network arrives whole", () => {
  const desk = started();
  const bytes = encoder.encode('{"op":"ñ€"}\n');
  for (let place = 0; place <= bytes.length; place++) {
    const first = desk.receive(bytes.slice(0, place));
    const text = written(first) + written(desk.receive(bytes.slice(place)));
    assertStringIncludes(text, 'desconocida: \\"ñ€\\"');
  }
});

Deno.test("too many unanswered requests pause the reading, and a reply resumes it", () => {
  const desk = started();
  const lines = MAX_PIPELINED_REQUESTS + 3;
  const effects = desk.receive(PING.repeat(lines));
  assertEquals(kinds(effects), ["pause"]);
  assertEquals(desk.waiting.length, MAX_PIPELINED_REQUESTS);
  desk.reply(1, "not the first");
  assertEquals(desk.settle(), [], "one more is read, and it stays paused");
  assertEquals(desk.waiting.length, MAX_PIPELINED_REQUESTS + 1);
  for (let index = 2; index < 5; index++) desk.reply(index, "x");
  assertEquals(kinds(desk.settle()), ["resume"]);
  assertEquals(desk.waiting.length, lines);
});

Deno.test("exactly as many requests as allowed are read before the pause", () => {
  const desk = started();
  assertEquals(kinds(desk.receive(PING.repeat(MAX_PIPELINED_REQUESTS - 1))), []);
  assertEquals(kinds(desk.receive(PING)), ["pause"]);
});

Deno.test("replies that the peer does not take pause the reading, until they are drained", () => {
  const desk = started();
  desk.receive(PING);
  desk.reply(0, "x".repeat(MAX_UNSENT_REPLY_BYTES - 2));
  assertEquals(kinds(desk.settle()), ["write"]);
  desk.receive(PING);
  assertEquals(desk.waiting.length, 2);
  desk.reply(1, "");
  assertEquals(kinds(desk.settle()), ["write", "pause"]);
  desk.receive(PING);
  assertEquals(desk.waiting.length, 2, "what was under way is kept, and not read");
  assertEquals(kinds(desk.step({ kind: "drained", connection: 1 })), ["resume"]);
  assertEquals(desk.waiting.length, 3);
});

Deno.test("replies that wait for an earlier one count as unsent", () => {
  const desk = started();
  desk.receive(PING.repeat(2));
  desk.reply(1, "x".repeat(MAX_UNSENT_REPLY_BYTES));
  assertEquals(kinds(desk.settle()), ["pause"]);
});

/** Seven peers, of whom the first two have asked for more than a seventh of what the role can hold. */
function crowded(): Desk {
  const desk = new Desk();
  for (let connection = 1; connection <= 7; connection++) desk.accept(connection);
  for (const connection of [1, 2]) {
    assertEquals(desk.receive(PING.repeat(Math.ceil(MAX_REQUESTS / 7)), connection), []);
  }
  return desk;
}

Deno.test("who has asked for his share is not read while the role has no room, and goes on afterwards", () => {
  const desk = crowded();
  const before = desk.waiting.length;
  desk.mayRead = false;
  assertEquals(kinds(desk.receive(PING)), ["pause"]);
  assertEquals(kinds(desk.receive(PING, 2)), ["pause"]);
  assertEquals([desk.waiting.length, desk.settle()], [before, []]);
  desk.mayRead = true;
  assertEquals(kinds(desk.settle()), ["resume", "resume"]);
  assertEquals(desk.waiting.slice(before).map(({ session }) => session.connection), [1, 2]);
});

Deno.test("who has asked for less than his share is read though the role has no room", () => {
  const desk = crowded();
  desk.mayRead = false;
  desk.receive(PING);
  for (let round = 0; round < 3; round++) {
    for (const connection of [3, 7]) assertEquals(desk.receive(PING, connection), []);
  }
  assertEquals([desk.of(3).length, desk.of(7).length], [3, 3]);
  const share = Math.ceil(MAX_REQUESTS / 7);
  assertEquals(desk.receive(PING.repeat(share - 4), 3), []);
  assertEquals(kinds(desk.receive(PING, 3)), ["pause"], "until he has his share");
  assertEquals([desk.of(3).length, desk.receive(PING, 3)], [share, []]);
  assertEquals(desk.of(3).length, share);
});

Deno.test("one reply to who was held lets him read on, though the role has no room yet", () => {
  const desk = crowded();
  desk.mayRead = false;
  desk.receive(PING);
  const first = desk.of(1).length;
  for (let index = 0; index < 3; index++) desk.reply(index, "x");
  assert(kinds(desk.settle()).includes("resume"));
  assertEquals(desk.of(1).length, first + 1);
});

Deno.test("long requests without answers pause the reading of who sent them, and of nobody else", () => {
  const desk = started(MAX_HELD_BYTES);
  desk.accept(2);
  const line = `{"op":"ping","x":"${"x".repeat(1_000_000)}"}\n`;
  const most = Math.ceil(MAX_HELD_BYTES / (line.length - 1));
  let isPaused = false;
  for (let count = 0; count < 2 * most && !isPaused; count++) {
    isPaused = kinds(desk.receive(line)).includes("pause");
  }
  assert(isPaused, `${desk.waiting.length} MB are held`);
  assertEquals(desk.waiting.length, most);
  assertEquals(desk.receive(PING, 2), [], "who holds nothing goes on");
  assertEquals(desk.of(2).length, 1);
  for (const index of desk.of(1)) desk.reply(index, "");
  assert(kinds(desk.settle()).includes("resume"));
  assertEquals(desk.receive(line), []);
});

Deno.test("replies to come count as held from the beginning, and no longer when they have come", () => {
  const desk = started();
  desk.accept(2);
  desk.replyBytes = MAX_HELD_BYTES / 4;
  for (let count = 1; count <= 3; count++) assertEquals(desk.receive(PING), []);
  assertEquals(kinds(desk.receive(PING)), ["pause"]);
  assertEquals(desk.receive(PING, 2), [], "who has asked for less goes on");
  for (const index of desk.of(1)) desk.reply(index, "short");
  assertEquals(kinds(desk.settle()).sort(), ["resume", "write"]);
  assertEquals(desk.receive(PING), []);
});

Deno.test("replies that nobody takes count as held, over all connections", () => {
  const desk = new Desk();
  const text = "x".repeat(MAX_HELD_BYTES / 20 + 100_000);
  assert(text.length < MAX_UNSENT_REPLY_BYTES, "little enough for each alone");
  for (let connection = 1; connection <= 20; connection++) {
    desk.accept(connection);
    desk.receive(PING, connection);
    desk.reply(desk.waiting.length - 1, text);
    const isFull = connection === 20;
    assertEquals(kinds(desk.settle()), isFull ? ["write", "pause"] : ["write"], `${connection}`);
  }
  assertEquals(kinds(desk.receive(PING, 1)), ["pause"], "nobody who holds his share is read");
  assertEquals(desk.receive(PING, 20), []);
  assertEquals([desk.of(1).length, desk.of(20).length], [1, 1]);
  desk.accept(21);
  assertEquals(desk.receive(PING, 21), [], "who holds nothing is");
  for (const connection of [2, 3]) desk.step({ kind: "drained", connection });
  assertEquals([desk.of(1).length, desk.of(20).length, desk.of(21).length], [2, 2, 1]);
});

/** A desk that holds nothing is full but for a byte then: ten connections send the beginnings of long lines. */
function nearlyFull(desk = new Desk(2 * MAX_HELD_BYTES)): Desk {
  for (let connection = 1; connection <= 10; connection++) desk.accept(connection);
  const tenth = Math.ceil(MAX_HELD_BYTES / 10);
  for (let connection = 1; connection <= 10; connection++) {
    const length = connection < 10 ? tenth : MAX_HELD_BYTES - 1 - 9 * tenth;
    assertEquals(desk.receive("x".repeat(length), connection), []);
  }
  return desk;
}

const NO_ROOM = '{"ok":false,"error":"no hay sitio ahora para una línea tan larga"}\n';

Deno.test("when unfinished lines fill all, the first with more than its share is refused, and makes room", () => {
  const desk = nearlyFull();
  const effects = desk.receive("xx", 10);
  assertEquals(effects, [
    { kind: "write", connection: 1, text: NO_ROOM },
    { kind: "finish", connection: 1 },
  ]);
  assertEquals(desk.receive('x{"op":"ping"}\n', 2), [{
    kind: "write",
    connection: 2,
    text: '{"ok":false,"error":"la línea no es JSON válido"}\n',
  }], "there is room for the end of another line");
  assertEquals(desk.receive(PING, 2), []);
  assertEquals(desk.of(2).length, 1);
});

Deno.test("a refused line is answered after what came before it, and nothing more is read", () => {
  const desk = new Desk(MAX_HELD_BYTES);
  desk.accept(1);
  desk.accept(2);
  desk.receive(PING + "x".repeat(MAX_HELD_BYTES / 2));
  const full = desk.receive("x".repeat(MAX_HELD_BYTES / 2), 2);
  assertEquals(full, [{ kind: "pause", connection: 1 }]);
  assertEquals(desk.receive(`x\n${PING}`), []);
  desk.reply(0, "pong");
  const effects = desk.settle();
  assertEquals([written(effects), kinds(effects)], [`pong\n${NO_ROOM}`, ["write", "finish"]]);
  assertEquals(desk.waiting.length, 1);
});

Deno.test("whoever has less than its share in an unfinished line goes on though all is full", () => {
  const desk = nearlyFull();
  desk.accept(11);
  desk.accept(12);
  const line = `{"op":"ping","x":"${"x".repeat(MAX_HELD_BYTES / 4)}"}`;
  const ended = desk.receive(`${line}\n`, 12).filter(({ kind }) => kind === "finish");
  assertEquals(ended, [1, 2, 3].map((connection) => ({ kind: "finish", connection })));
  assertEquals(desk.receive('{"op":', 11), []);
  assertEquals(desk.receive('"ping"}\n', 11), []);
  assertEquals([desk.of(11).length, desk.of(12).length], [1, 1]);
});

Deno.test("lines that are whole wait though all is full, until what came before them is answered", () => {
  const desk = new Desk(2 * MAX_HELD_BYTES);
  desk.accept(1);
  desk.accept(2);
  const line = `{"op":"ping","x":"${"x".repeat(MAX_HELD_BYTES)}"}\n`;
  assertEquals(kinds(desk.receive(line, 1)), ["pause"]);
  assertEquals(desk.receive(line + "x", 1), [], "it was on its way");
  assertEquals(desk.receive(PING, 2), []);
  desk.reply(0, "");
  assertEquals(kinds(desk.settle()), ["write"]);
  assertEquals(desk.of(1).length, 2);
});

Deno.test("a last line without a newline is whole, and waits like the others", () => {
  const desk = new Desk(2 * MAX_HELD_BYTES);
  desk.accept(1);
  const line = `{"op":"ping","x":"${"x".repeat(MAX_HELD_BYTES)}"}`;
  assertEquals(kinds(desk.receive(`${line}\n`)), ["pause"]);
  desk.sessions.step({ kind: "received", connection: 1, bytes: encoder.encode(line) });
  assertEquals(desk.end(), []);
  desk.reply(0, "");
  desk.settle();
  assertEquals(desk.of(1).length, 2);
});

Deno.test("what is held of unfinished lines is counted off, however their connections end", () => {
  const desk = new Desk(2 * MAX_HELD_BYTES);
  desk.accept(11);
  desk.receive(`${PING}xx`, 11);
  desk.sessions.release(desk.waiting[0]!.session);
  for (let connection = 12; connection < 22; connection++) {
    desk.accept(connection);
    desk.receive(`{"op":"ping","x":"${"x".repeat(MAX_HELD_BYTES / 4)}`, connection);
    if (connection % 2 === 0) desk.receive('"}\n', connection);
    desk.step({ kind: "closed", connection, reason: "" });
  }
  for (let round = 0; round < 2; round++) {
    nearlyFull(desk);
    for (let connection = 1; connection <= 10; connection++) {
      desk.step({ kind: "closed", connection, reason: "" });
    }
  }
});

Deno.test("a connection that is given away in the middle of a chunk holds nothing of the rest", () => {
  const desk = new Desk(2 * MAX_HELD_BYTES);
  desk.releasesAtOnce = true;
  desk.accept(11);
  desk.receive(PING + "x".repeat(100), 11);
  nearlyFull(desk);
});

Deno.test("however much was held before, the first to be in the way is refused as soon as all is full", () => {
  const desk = new Desk(2 * MAX_HELD_BYTES);
  desk.accept(11);
  desk.receive(`{"op":"ping","x":"${"x".repeat(1.5 * MAX_HELD_BYTES)}"}\n`, 11);
  desk.reply(0, "");
  desk.settle();
  desk.step({ kind: "closed", connection: 11, reason: "" });
  const effects = nearlyFull(desk).receive("xx", 10);
  assertEquals(effects.at(-1), { kind: "finish", connection: 1 });
});

/** A desk that is full by what a connection of its own has asked. */
function full(): Desk {
  const desk = new Desk(2 * MAX_HELD_BYTES);
  desk.accept(1000);
  desk.receive(`{"op":"ping","x":"${"x".repeat(MAX_HELD_BYTES)}"}\n`, 1000);
  return desk;
}

Deno.test("while all is full, a line that outgrows its share is refused at once", () => {
  const desk = full();
  for (let connection = 1; connection < 200; connection++) desk.accept(connection);
  const share = MAX_HELD_BYTES / 200;
  assertEquals(desk.receive("x".repeat(share - 1), 1), []);
  assertEquals(desk.receive("x", 2), []);
  assertEquals(kinds(desk.receive("xx", 1)), ["write", "finish"]);
});

Deno.test("while all is full, lines that others coming make too long are refused before much more has come", () => {
  const desk = full();
  const ended: number[] = [];
  const add = (connection: number, bytes: number) => {
    desk.accept(connection);
    for (const effect of desk.receive("x".repeat(bytes), connection)) {
      if (effect.kind === "finish") ended.push(effect.connection);
    }
  };
  for (let connection = 1; connection <= 100; connection++) add(connection, MAX_HELD_BYTES / 200);
  assertEquals(ended, []);
  for (let connection = 101; connection <= 220; connection++) add(connection, MAX_HELD_BYTES / 400);
  assertEquals(ended.length, 100);
});

Deno.test("what is held is counted off to the last byte, however a connection ends", () => {
  const desk = new Desk(MAX_HELD_BYTES);
  const text = "x".repeat(100_000);
  for (let round = 0; round < 30; round++) {
    const connection = 100 + round;
    desk.accept(connection);
    desk.receive(`{"op":"ping","x":"${text}"}\n${PING}${PING}`, connection);
    const [first, second, third] = desk.of(connection);
    // One is answered and not taken, one waits for an earlier one, one is never answered or too late.
    if (round % 2 === 0) desk.reply(first!, text);
    desk.reply(third!, text);
    desk.settle();
    if (round % 3 === 0) desk.step({ kind: "drained", connection });
    desk.step({ kind: "closed", connection, reason: "" });
    if (round % 5 === 0) desk.reply(second!, text);
  }
  for (let connection = 1; connection <= 20; connection++) {
    desk.accept(connection);
    desk.receive(`{"op":"ping","x":"${"x".repeat(MAX_HELD_BYTES / 20 - 100)}"}\n`, connection);
    assertEquals(desk.settle(), [], `${connection}`);
  }
  assertEquals(kinds(desk.receive(`{"op":"ping","x":"${text}"}\n`, 1)), ["pause"], "and no less");
});

Deno.test("a connection that is given away brings no more requests, and its replies go nowhere", () => {
  const desk = started();
  desk.accept(2);
  desk.receive(`{"op":"ping","id":1}\n` + PING + PING.repeat(3));
  const { session } = desk.waiting[4]!;
  desk.reply(0, "early");
  assertEquals(desk.sessions.release(session), "early\n", "what was ready is still to be written");
  assertEquals([desk.sessions.has(1), desk.sessions.has(2), desk.sessions.size], [false, true, 1]);
  for (let index = 1; index < 4; index++) desk.reply(index, "late");
  assertEquals([desk.settle(), desk.receive(PING), desk.end()], [[], [], []]);
  assertEquals(desk.waiting.length, 5);
});

Deno.test("a connection that is given away in the middle of a chunk leaves the rest of it unread", () => {
  const desk = new Desk();
  const sessions = new Sessions(1000, {
    replyBytes: () => 0,
    mayRead: () => true,
    request: (session, slot, request) => {
      desk.waiting.push({ session, slot, request });
      sessions.release(session);
    },
  });
  sessions.step({ kind: "accepted", connection: 1, remote: "" });
  const bytes = encoder.encode(PING.repeat(3));
  sessions.step({ kind: "received", connection: 1, bytes });
  const effects: Effect[] = [];
  sessions.settle(effects);
  assertEquals([desk.waiting.length, effects, sessions.size], [1, [], 0]);
});

Deno.test("what a connection that was given away had asked for is held no more", () => {
  const desk = new Desk(MAX_HELD_BYTES);
  for (let connection = 1; connection <= 20; connection++) desk.accept(connection);
  const line = (length: number) => `{"op":"ping","x":"${"x".repeat(length)}"}\n`;
  const half = line(MAX_HELD_BYTES / 2);
  for (const connection of [21, 22]) {
    desk.accept(connection);
    desk.receive(half, connection);
    const { session } = desk.waiting.at(-1)!;
    desk.sessions.release(session);
  }
  // More than a twentieth, which is too much only where something of the others is still counted.
  assertEquals(desk.receive(line(MAX_HELD_BYTES / 19)), []);
  assertEquals(desk.receive(PING), []);
});

Deno.test("the answer to a line of ours is no request, and what follows it is", () => {
  const desk = new Desk();
  const session = desk.sessions.open(-1);
  const answers: string[] = [];
  session.onReply = (text) => answers.push(text);
  assertEquals(desk.sessions.has(-1), true);
  desk.receive('\r\n{"ok":true', -1);
  desk.receive(`,"op":"join"}\n${PING}`, -1);
  assertEquals(answers, ['{"ok":true,"op":"join"}']);
  assertEquals(desk.waiting.map(({ request }) => request.op), ["ping"]);
  desk.reply(0, "a");
  assertEquals(desk.settle(), [{ kind: "write", connection: -1, text: "a\n" }]);
});

Deno.test("the answer to a line of ours is none that it looks like", () => {
  for (const text of ['{"op":"add","a":1,"b":2}', '{"op":"sum_squares","n":9}', PING.trimEnd()]) {
    const desk = new Desk();
    const answers: string[] = [];
    desk.sessions.open(-1).onReply = (text) => answers.push(text);
    desk.receive(`${text}\n`, -1);
    assertEquals([answers, desk.waiting], [[text], []]);
  }
});

Deno.test("a line that is not UTF-8 answers a line of ours as an empty one", () => {
  const desk = new Desk();
  const answers: string[] = [];
  desk.sessions.open(-1).onReply = (text) => answers.push(text);
  assertEquals(desk.receive(Uint8Array.of(0xff, 0x0a), -1), []);
  assertEquals(answers, [""]);
});

Deno.test("a peer that ended its sending half gets every reply, then the end", () => {
  const desk = started();
  desk.receive(PING + '{"op":"ping","id":7}');
  assertEquals(desk.end(), []);
  assertEquals(desk.waiting.map(({ slot }) => slot.id), [undefined, 7], "the last line counts");
  desk.reply(1, "b");
  assertEquals(kinds(desk.settle()), ["write"]);
  desk.reply(0, "a");
  assertEquals(kinds(desk.settle()), ["write", "finish"]);
  assertEquals(desk.sessions.size, 0);
});

Deno.test("a peer that ends at once, or after an empty line, is ended too", () => {
  for (const text of ["", "\n", "\r\n", "\r"]) {
    const desk = started();
    desk.receive(text);
    assertEquals(kinds(desk.end()), ["finish"], JSON.stringify(text));
  }
});

Deno.test("a peer that ended while the role had no room is read before it is finished", () => {
  const desk = crowded();
  const before = desk.of(1).length;
  desk.mayRead = false;
  desk.receive(PING);
  assertEquals([desk.end(), desk.of(1).length], [[], before]);
  desk.mayRead = true;
  assert(!kinds(desk.settle()).includes("finish"));
  assertEquals(desk.of(1).length, before + 1);
  for (const index of desk.of(1)) desk.reply(index, "a");
  assertEquals(kinds(desk.settle()), ["write", "finish"]);
});

Deno.test("a peer that ended is not finished before what it sent has been read", () => {
  const desk = started();
  desk.receive(PING.repeat(MAX_PIPELINED_REQUESTS) + PING + '{"op":"ping","id":"last"}');
  assertEquals(desk.end(), []);
  for (let index = 0; index < MAX_PIPELINED_REQUESTS; index++) desk.reply(index, "");
  assert(!kinds(desk.settle()).includes("finish"));
  assertEquals(desk.waiting.at(-1)!.slot.id, "last");
  desk.reply(MAX_PIPELINED_REQUESTS, "");
  desk.reply(MAX_PIPELINED_REQUESTS + 1, "");
  assertEquals(kinds(desk.settle()), ["write", "finish"]);
});

for (
  const [name, line, text] of [
    ["too long", "x".repeat(1001) + "\n", "supera el máximo"],
    ["without an end", "x".repeat(1002), "supera el máximo"],
    ["of HTTP", "GET / HTTP/1.1\r\n", "HTTP"],
  ] as const
) {
  Deno.test(`a line ${name} gets its error after the earlier replies, then the connection ends`, () => {
    const desk = started();
    assertEquals(kinds(desk.receive(PING + line + PING)), ["pause"]);
    assertEquals(desk.waiting.length, 1, "nothing after it is read");
    assertEquals(desk.receive(PING), []);
    desk.reply(0, "first");
    const effects = desk.settle();
    assertEquals(kinds(effects), ["write", "finish"]);
    assertEquals(written(effects).split("\n").length, 3);
    assertStringIncludes(written(effects), "first\n{");
    assertStringIncludes(written(effects), text);
    assertEquals(desk.waiting.length, 1);
  });
}

Deno.test("a line of exactly the limit is taken", () => {
  const desk = started(PING.length - 1);
  desk.receive(PING + PING.replace("\n", "\r\n"));
  assertEquals(desk.waiting.length, 2);
});

Deno.test("nothing is done for a connection that is gone", () => {
  const desk = started();
  desk.receive(PING.repeat(2));
  desk.reply(0, "a");
  desk.sessions.step({ kind: "closed", connection: 1, reason: "" });
  assertEquals(desk.settle(), []);
  desk.reply(1, "b");
  assertEquals(desk.settle(), []);
  assertEquals([desk.receive(PING), desk.end(), desk.step({ kind: "drained", connection: 1 })], [
    [],
    [],
    [],
  ]);
  assertEquals(desk.sessions.size, 0);
});

Deno.test("a stop ends idle connections at once, busy ones after their replies, new ones at once", () => {
  const desk = started();
  desk.accept(2);
  desk.receive(PING, 2);
  desk.sessions.stop();
  const effects = desk.settle();
  assertEquals(effects.filter(({ kind }) => kind === "finish"), [{
    kind: "finish",
    connection: 1,
  }]);
  assertEquals(desk.receive(PING, 2), []);
  assertEquals(kinds(desk.accept(3)), ["finish"]);
  desk.reply(0, "a");
  assertEquals(kinds(desk.settle()), ["write", "finish"]);
  assertEquals([desk.waiting.length, desk.sessions.size], [1, 0]);
});

Deno.test("a stop is told to those who have said hello, who may ask on until they end", () => {
  const desk = started();
  desk.accept(2);
  for (const connection of [1, 2]) desk.receive(PING, connection);
  desk.waiting[0]!.session.greeted = true;
  desk.sessions.stop();
  assertEquals(desk.settle(), [
    { kind: "write", connection: 1, text: '{"op":"goodbye"}\n' },
    { kind: "pause", connection: 2 },
  ]);
  assertEquals(desk.receive(PING), []);
  assertEquals(desk.of(1).length, 2, "it did not know yet");
  for (const index of desk.of(1)) desk.reply(index, "a");
  assertEquals(kinds(desk.settle()), ["write"], "it is still open");
  assertEquals(kinds(desk.end()), ["finish"]);
  desk.reply(1, "b");
  assertEquals(kinds(desk.settle()), ["write", "finish"]);
  assertEquals(desk.sessions.size, 0);
});
