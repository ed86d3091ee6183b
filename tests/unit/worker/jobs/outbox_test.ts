import { assertEquals } from "@std/assert";
import { Outbox } from "../../../../src/worker/jobs/outbox.ts";

const lines = (text: string) => new TextEncoder().encode(text);

/** What goes out: the ops of messages, and how much of a result. */
function sent(outbox: Outbox): string[] {
  const texts: string[] = [];
  for (let one = outbox.take(); one !== undefined; one = outbox.take()) {
    const { op } = one.message as { op: string };
    texts.push(one.result === undefined ? op : `${op} ${one.result.payload.length}`);
  }
  return texts;
}

Deno.test("a failure goes whole while there is credit, costs some, and what follows waits for more", () => {
  const outbox = new Outbox(10);
  outbox.push({ message: { op: "failed" }, next: 2, cost: 300 });
  outbox.push({ message: { op: "failed" }, next: 3, cost: 300 });
  outbox.push({
    message: { op: "result" },
    next: 5,
    result: { position: 3, count: 2, payload: lines("1\n2\n") },
  });
  assertEquals(outbox.waitingBytes, 604);
  assertEquals(sent(outbox), ["failed"]);
  assertEquals([outbox.credit, outbox.waitingBytes], [-290, 304]);
  outbox.credit += 291;
  assertEquals(sent(outbox), ["failed"]);
  assertEquals(outbox.credit, -299);
  outbox.credit += 301;
  assertEquals(sent(outbox), ["result 2"]);
  outbox.credit += 2;
  assertEquals(sent(outbox), ["result 2"]);
  assertEquals([outbox.isEmpty, outbox.waitingBytes], [true, 0]);
});

Deno.test("what costs nothing goes without credit, in its order", () => {
  const outbox = new Outbox(1);
  outbox.push({ message: { op: "failed" }, next: 2, cost: 300 });
  outbox.push({ message: { op: "done" }, next: 2 });
  assertEquals(sent(outbox), ["failed", "done"]);
});
