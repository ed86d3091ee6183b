import { assert, assertEquals } from "@std/assert";
import { Book } from "../../bench/load/book.ts";
import { Ledger } from "../../bench/load/ledger.ts";
import { Tally } from "../../bench/load/tally.ts";

// Purpose: a benchmark that does not notice wrong replies measures nothing.

const encoder = new TextEncoder();
const decoder = new TextDecoder();

function setUp({ hasId = true, size = 4 } = {}) {
  const book = new Book(size, { style: "aula", hasId });
  const tally = new Tally({ startMs: 0, endMs: 1000, countBy: "reply" });
  const ledger = new Ledger(book, tally);
  const reply = (index: number) =>
    decoder.decode(book.replies.subarray(book.replyStarts[index], book.replyStarts[index + 1]));
  const check = (text: string, nowMs = 10) => {
    const bytes = encoder.encode(text);
    return ledger.check(bytes, 0, bytes.length, nowMs);
  };
  return { book, tally, ledger, reply, check };
}

Deno.test("Ledger counts right replies, in any order where they have ids", () => {
  const { tally, ledger, reply, check } = setUp();
  ledger.issue(3, 1);
  check(reply(2) + reply(0) + reply(1));
  assertEquals([tally.good, tally.wrong, tally.failed], [3, 0, 0]);
  assertEquals(ledger.inFlight, 0);
  assert(tally.latency.p50 > 8.9 && tally.latency.p50 < 9.1);
});

Deno.test("Ledger wants replies without ids in the order of the requests", () => {
  const { tally, ledger, reply, check } = setUp({ hasId: false });
  ledger.issue(2, 1);
  check(reply(1) + reply(1));
  assertEquals([tally.good, tally.wrong], [1, 1]);
});

Deno.test("Ledger notices a reply with a wrong result, of another request, or that comes twice", () => {
  const wrongs = [
    (right: string) => right.replace('"result":1', '"result":2'),
    (right: string) => right.replace('"op":"add"', '"op":"sub"'),
    (_right: string, other: string) => other,
    (right: string) => right.replace(/1000000/, "1000003"),
    () => "nonsense\n",
  ];
  for (const wrong of wrongs) {
    const { tally, ledger, reply, check } = setUp();
    ledger.issue(1, 1);
    check(wrong(reply(0), reply(1)));
    assertEquals([tally.good, tally.wrong], [0, 1], tally.examples[0]);
  }
  const { tally, ledger, reply, check } = setUp();
  ledger.issue(1, 1);
  check(reply(0) + reply(0));
  assertEquals([tally.good, tally.wrong], [1, 1]);
});

Deno.test("Ledger counts a reply that says that it failed as that", () => {
  const { tally, ledger, check } = setUp();
  ledger.issue(1, 1);
  check('{"id":1000000,"ok":false,"error":"ningún worker disponible"}\n');
  assertEquals([tally.good, tally.wrong, tally.failed, ledger.inFlight], [0, 0, 1, 0]);
});

Deno.test("Ledger leaves what is not whole yet, wherever it is cut", () => {
  const whole = setUp();
  const text = whole.reply(0) + whole.reply(1);
  for (let cut = 0; cut <= text.length; cut++) {
    const { tally, ledger, check } = setUp();
    ledger.issue(2, 1);
    const read = check(text.slice(0, cut));
    check(text.slice(read));
    assertEquals([tally.good, tally.wrong, ledger.inFlight], [2, 0, 0], `cut at ${cut}`);
  }
});

Deno.test("Ledger gives an exercise out again only when it has been answered", () => {
  const { book, ledger, reply, check } = setUp({ size: 2 });
  assertEquals(ledger.issue(5, 1).length, book.requests.length);
  assertEquals(ledger.issue(1, 1).length, 0);
  check(reply(1));
  assertEquals(ledger.issue(1, 1).length, 0);
  check(reply(0));
  assertEquals(ledger.issue(2, 1).length, book.requests.length);
});

Deno.test("exercises of a sum have the parts that PROTOCOL.md's rule gives", () => {
  const book = new Book(1, { style: "aula", op: { n: "10", workers: 3 }, hasId: false });
  assertEquals(
    decoder.decode(book.replies),
    '{"ok":true,"result":385,"parts":[{"a":1,"b":4,"result":30},{"a":5,"b":7,"result":110},' +
      '{"a":8,"b":10,"result":245}]}\n',
  );
});
