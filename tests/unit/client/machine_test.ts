import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { type Ask, connected, Room } from "./room.ts";

const OK = '{"ok":true}';

Deno.test("a client dials when it is first asked, and writes when it is connected", () => {
  const room = new Room();
  assertEquals(room.dialled, []);
  const one = room.ask('"op":"add","a":1,"b":2}');
  const bare = room.ask('"op":"ping"}', { bare: true });
  assertEquals([room.dialled, room.lines], [["s1"], []]);
  room.accept();
  assertEquals(new Set(room.lines), new Set(['{"id":1,"op":"add","a":1,"b":2}', '{"op":"ping"}']));
  assertEquals([one.outcomes, bare.outcomes, room.machine.inFlight], [[], [], 2]);
});

Deno.test("replies with ids are matched in any order, bare ones by theirs", () => {
  const room = connected();
  const asks = [
    room.ask(),
    room.ask(undefined, { bare: true }),
    room.ask(),
    room.ask(undefined, { bare: true }),
  ];
  assertEquals(room.lines.map((line) => JSON.parse(line).id), [2, undefined, 3, undefined]);
  room.says(
    '{"id":3,"ok":true}\n{"ok":true,"first":1}\r\n\n{"id":2,"ok":true}\n{"ok":true,"second":1}\n',
  );
  assertEquals(asks.map(({ outcomes }) => outcomes), [
    ['reply: {"id":2,"ok":true}'],
    ['reply: {"ok":true,"first":1}'],
    ['reply: {"id":3,"ok":true}'],
    ['reply: {"ok":true,"second":1}'],
  ]);
  assert(asks.every(({ done }) => done));
  assertEquals(room.machine.inFlight, 0);
});

Deno.test("an id is found wherever it stands, and replies however they are cut", () => {
  const room = connected();
  const asks = [room.ask(), room.ask(undefined, { bare: true })];
  for (const character of '{"ok":true, "id": 2}\n{"ok":true,"x":"ñ","y":{"id":7}}\n') {
    room.says(character);
  }
  assertEquals(asks.map(({ outcomes }) => outcomes.length), [1, 1]);
  assertEquals(asks[1]!.outcomes, ['reply: {"ok":true,"x":"ñ","y":{"id":7}}']);
});

Deno.test("what was unanswered is asked again after a loss, in its order", () => {
  const room = connected();
  const asks = [
    room.ask('"n":1}'),
    room.ask('"n":2}', { bare: true }),
    room.ask('"n":3}', { bare: true }),
    room.ask('"n":4}'),
  ];
  room.says('{"id":2,"ok":true}\n{"ok":true}\n{"id":5,');
  room.lose("connection reset");
  assertEquals(room.dialled, ["s1", "s1"]);
  room.accept();
  assertEquals(new Set(room.lines), new Set(['{"n":3}', '{"id":3,"n":4}']));
  room.says('{"id":3,"ok":true}\n{"ok":true}\n');
  assertEquals(asks.map(({ outcomes }) => outcomes.length), [1, 1, 1, 1]);
});

Deno.test("a server that ends its sending half is left", () => {
  const room = connected();
  const ask = room.ask();
  room.step({ kind: "ended", connection: room.connection });
  assertEquals(room.dialled.length, 2);
  room.accept();
  room.says('{"id":2,"ok":true}\n');
  assertEquals(ask.outcomes.length, 1);
});

Deno.test("an idle client that loses its connection dials no more until it is asked", () => {
  const room = connected();
  room.lose();
  assertEquals(room.dialled.length, 1);
  room.ask();
  assertEquals(room.dialled.length, 2);
});

Deno.test("the next server is tried when one fails, and the first again after the last", () => {
  const room = new Room(3);
  const ask = room.ask();
  room.lose();
  room.lose();
  assertEquals(room.dialled, ["s1", "s2", "s3"]);
  room.accept();
  room.says('{"id":1,"ok":true}\n');
  assertEquals(ask.outcomes.length, 1);
  room.ask();
  room.lose();
  assertEquals(room.dialled.at(-1), "s1");
});

Deno.test("requests fail as unreachable when every server has failed, each tried", () => {
  for (const servers of [1, 2, 3]) {
    const room = new Room(servers);
    const asks = [room.ask(), room.ask(undefined, { bare: true })];
    for (let count = 0; count < 20 && asks[0]!.outcomes.length === 0; count++) room.lose();
    assertEquals(asks.map(({ outcomes }) => outcomes), [["unreachable"], ["unreachable"]]);
    assertStringIncludes(asks[0]!.failureText, "connection refused");
    assertEquals(new Set(room.dialled).size, servers);
    assertEquals(room.dialled.length, servers + 1);
    assertEquals(room.machine.inFlight, 0);
    // It is not given up for ever.
    const later = room.ask();
    room.accept();
    room.says(`{"id":2,"ok":true}\n`);
    assertEquals(later.outcomes.length, 1);
  }
});

Deno.test("a client that waits for nothing any more does not wake", () => {
  const refused = new Room(2);
  refused.ask();
  for (let count = 0; count < 3; count++) refused.lose();
  const silent = new Room(2);
  silent.ask(undefined, { deadlineMs: 500 });
  for (const room of [refused, silent]) {
    room.advance(10_000);
    assertEquals([room.machine.inFlight, room.machine.wakeAtMs], [0, Infinity]);
  }
});

Deno.test("a server that takes connections and closes them is not asked for ever", () => {
  const room = new Room(1);
  const ask = room.ask();
  for (let count = 0; count < 20 && ask.outcomes.length === 0; count++) {
    room.accept();
    room.lose("closed");
  }
  assertEquals(ask.outcomes, ["unreachable"]);
});

Deno.test("a server that is lost now and then, with good replies between, is never given up", () => {
  const room = new Room(1);
  for (let id = 1; id <= 5; id++) {
    const ask = room.ask();
    if (!room.isOpen) room.accept();
    room.lose();
    room.accept();
    room.says(`{"id":${id},"ok":true}\n`);
    assertEquals(ask.outcomes.length, 1);
  }
});

Deno.test("half a line of a lost connection does not spoil the next one's first", () => {
  const room = connected();
  const ask = room.ask();
  room.says('{"id":2,"ok":tr');
  room.lose();
  room.accept();
  room.says('{"id":2,"ok":true}\n');
  assertEquals(ask.outcomes, ['reply: {"id":2,"ok":true}']);
});

Deno.test("with other servers to turn to, a dial that is not answered is given up after 1 s", () => {
  const room = new Room(2);
  const ask = room.ask();
  room.advance(999);
  assertEquals(room.dialled, ["s1"]);
  room.advance(1);
  assertEquals(room.dialled, ["s1", "s2"]);
  room.accept();
  room.advance(2999);
  assertEquals([room.dialled.length, ask.outcomes], [2, []], "a connection is not a dial");
  room.advance(1);
  assertEquals(room.dialled.length, 3, "but one that has been silent for three pings is lost");
});

Deno.test("a server that is slow but answers its pings is waited for, and a lone one is not asked", () => {
  for (const servers of [1, 2]) {
    const room = connected(servers);
    const ask = room.ask();
    room.lines = [];
    for (let second = 0; second < 30; second++) {
      room.advance(1000);
      const pings = room.lines.splice(0);
      assertEquals(pings.length, servers === 1 ? 0 : 1, `second ${second}`);
      for (const line of pings) {
        const { id, op } = JSON.parse(line);
        assertEquals(op, "ping");
        room.says(`{"id":${id},"ok":true}\n`);
      }
    }
    assertEquals([ask.outcomes, room.dialled.length, room.machine.inFlight], [[], 1, 1]);
    room.says('{"id":2,"ok":true}\n');
    assertEquals(ask.outcomes, ['reply: {"id":2,"ok":true}']);
    room.advance(60_000);
    assertEquals([room.lines, room.machine.inFlight], [[], 0], "nothing is owed: nobody is asked");
  }
});

Deno.test("with one server only, a dial is waited for until the deadline", () => {
  const room = new Room(1);
  const ask = room.ask(undefined, { deadlineMs: 5000 });
  room.advance(4999);
  assertEquals([room.dialled.length, ask.outcomes], [1, []]);
  room.advance(1);
  assertEquals(ask.outcomes, ["timeout"]);
  assertStringIncludes(ask.failureText, "cannot reach s1:5000");
});

Deno.test("each request times out at its own deadline, and a late reply is ignored", () => {
  const room = connected();
  const [late, other] = [
    room.ask(undefined, { deadlineMs: 300 }),
    room.ask(undefined, { deadlineMs: 100 }),
  ];
  room.advance(99);
  assertEquals([late.outcomes, other.outcomes], [[], []]);
  room.advance(1);
  assertEquals([late.outcomes, other.outcomes], [[], ["timeout"]]);
  assertStringIncludes(other.failureText, "did not answer in time");
  room.advance(200);
  assertEquals(late.outcomes, ["timeout"]);
  assertEquals([room.machine.wakeAtMs, room.machine.inFlight], [Infinity, 0]);
  room.says('{"id":2,"ok":true}\n{"id":3,"ok":true}\n');
  assertEquals([late.outcomes, other.outcomes, room.isOpen], [["timeout"], ["timeout"], true]);
});

Deno.test("a bare request that timed out keeps its place, so that no reply goes astray", () => {
  const room = connected();
  const first = room.ask(undefined, { bare: true, deadlineMs: 10 });
  const second = room.ask(undefined, { bare: true });
  room.advance(10);
  room.says('{"ok":true,"for":"first"}\n{"ok":true,"for":"second"}\n');
  assertEquals([first.outcomes, second.outcomes], [["timeout"], [
    'reply: {"ok":true,"for":"second"}',
  ]]);
});

Deno.test("what timed out or was given up is not asked again after a loss", () => {
  const room = connected();
  room.ask('"n":1}', { deadlineMs: 10 });
  room.ask('"n":2}', { deadlineMs: 10, bare: true });
  const aborted = [room.ask('"n":3}'), room.ask('"n":4}', { bare: true })];
  room.ask('"n":5}', { bare: true });
  room.advance(10);
  for (const ask of aborted) ask.done = true;
  room.lose();
  room.accept();
  assertEquals(room.lines, ['{"n":5}']);
  room.says('{"ok":true}\n');
  assertEquals([room.machine.inFlight, aborted.map(({ outcomes }) => outcomes)], [0, [[], []]]);
});

Deno.test("an aborted request hears nothing more", () => {
  const room = connected();
  const asks = [room.ask(), room.ask(undefined, { bare: true, deadlineMs: 50 }), room.ask()];
  for (const ask of asks) ask.done = true;
  room.says('{"id":2,"ok":true}\n{"ok":true}\n');
  room.advance(100);
  room.step({ kind: "stop" });
  assertEquals(asks.map(({ outcomes }) => outcomes), [[], [], []]);
});

Deno.test("replies to what was never asked end the connection", () => {
  for (
    const text of [
      "rubbish\n",
      OK + "\n",
      '{"id":2,"ok":true}\n',
      '{"id":"1","ok":true}\n',
      "[]\n",
      "\xff\xfe\n",
    ]
  ) {
    const room = connected();
    room.says(text);
    assertEquals(room.isOpen, false, text);
  }
});

Deno.test("rubbish is nobody's reply, and what was asked is asked again", () => {
  for (const bare of [false, true]) {
    const room = connected();
    const ask = room.ask(undefined, { bare });
    room.says("<html>rubbish</html>\n");
    assertEquals([ask.outcomes, room.isOpen], [[], false], `bare: ${bare}`);
    room.accept();
    room.says(bare ? OK + "\n" : '{"id":2,"ok":true}\n');
    assertEquals(ask.outcomes.length, 1);
  }
});

Deno.test("a reply that has already come is no failure when it comes again", () => {
  const room = connected();
  room.says('{"id":1,"ok":true}\n');
  assertEquals(room.isOpen, true);
});

Deno.test("a closed client fails what waits and what comes, once", () => {
  const room = connected();
  const waiting = [room.ask(), room.ask(undefined, { bare: true, deadlineMs: 10 })];
  room.step({ kind: "stop" });
  assertEquals(waiting.map(({ outcomes }) => outcomes), [["closed"], ["closed"]]);
  assertEquals([room.isOpen, room.stopped, room.machine.wakeAtMs], [false, 1, Infinity]);
  const later = room.ask();
  assertEquals([later.outcomes, later.done], [["closed"], true]);
  room.step({ kind: "stop" });
  room.advance(100);
  assertEquals([room.stopped, waiting[1]!.outcomes], [1, ["closed"]]);
});

Deno.test("closing while a dial is under way closes that too", () => {
  const room = new Room();
  const ask = room.ask();
  room.isOpen = true;
  room.step({ kind: "stop" });
  assertEquals([ask.outcomes, room.isOpen, room.stopped], [["closed"], false, 1]);
});

Deno.test("events of a connection that was given up are not heard", () => {
  const room = connected();
  const old = room.connection;
  const ask = room.ask();
  room.lose();
  room.accept();
  room.step({ kind: "closed", connection: old, reason: "late" });
  room.step({
    kind: "received",
    connection: old,
    bytes: new TextEncoder().encode('{"id":2,"ok":true}\n'),
  });
  assertEquals([room.isOpen, room.dialled.length, ask.outcomes], [true, 2, []]);
});

Deno.test("a requester may ask again in its own reply", () => {
  const room = connected();
  let next: Ask | undefined;
  const ask = room.ask();
  ask.replied = () => next = room.ask();
  room.says('{"id":2,"ok":true}\n');
  assert(next !== undefined);
  assertEquals(room.lines.length, 2);
  room.says('{"id":3,"ok":true}\n');
  assertEquals(next.outcomes.length, 1);
});

Deno.test("whatever the network does, every request ends exactly once, and rightly", () => {
  const action = fc.oneof(
    fc.record({ kind: fc.constant("ask" as const), bare: fc.boolean(), ms: fc.nat({ max: 4000 }) }),
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("accept" as const) }) },
    fc.record({ kind: fc.constant("lose" as const) }),
    fc.record({ kind: fc.constant("advance" as const), ms: fc.nat({ max: 1500 }) }),
    { weight: 3, arbitrary: fc.record({ kind: fc.constant("answer" as const), index: fc.nat() }) },
    fc.record({ kind: fc.constant("abort" as const), index: fc.nat() }),
  );
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 3 }),
      fc.array(action, { maxLength: 60 }),
      (servers, actions) => {
        const room = new Room(servers);
        const asks: Ask[] = [];
        const aborted = new Set<Ask>();
        for (const one of actions) {
          if (one.kind === "ask") {
            const options = { bare: one.bare, deadlineMs: room.nowMs + one.ms };
            asks.push(room.ask(`"n":${asks.length}}`, options));
          } else if (one.kind === "advance") room.advance(one.ms);
          else if (one.kind === "lose" && room.dialled.length > 0) room.lose();
          else if (one.kind === "accept" && !room.isOpen && room.machine.inFlight > 0) {
            room
              .accept();
          } else if (one.kind === "answer") answerOne(room, one.index);
          else if (one.kind === "abort" && asks.length > 0) {
            const ask = asks[one.index % asks.length]!;
            if (!ask.done) aborted.add(ask);
            ask.done = true;
          }
        }
        room.advance(10_000);
        for (const [index, ask] of asks.entries()) {
          assert(ask.done);
          assertEquals(ask.outcomes.length, aborted.has(ask) ? 0 : 1);
          const [outcome = ""] = ask.outcomes;
          if (outcome.startsWith("reply")) assertEquals(JSON.parse(outcome.slice(7)).n, index);
        }
      },
    ),
    { numRuns: 500 },
  );
});

/** Answers a line as a server may: any one with an id, or the first bare one. */
function answerOne(room: Room, index: number): void {
  if (!room.isOpen || room.lines.length === 0) return;
  let place = index % room.lines.length;
  if (JSON.parse(room.lines[place]!).id === undefined) {
    place = room.lines.findIndex((line) => JSON.parse(line).id === undefined);
  }
  const [line] = room.lines.splice(place, 1);
  const { id, n } = JSON.parse(line!);
  room.says(id === undefined ? `{"ok":true,"n":${n}}\n` : `{"id":${id},"ok":true,"n":${n}}\n`);
}
