/**
 * Purpose: whatever a peer sends in the place of a value costs that peer its connection, and nobody else anything.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { Lab, open, range } from "./lab.ts";

/** Values that cannot be made into a text, or of which a peer would say what it is. */
const ODD: readonly unknown[] = [{ toString: 1 }, { toString: 1, valueOf: 1 }, [{ toString: 1 }], {
  toJSON: 1,
}];

Deno.test("whatever value a slot sends, only the slot ends", () => {
  const members = {
    at: { position: 1 },
    result: { position: 1, count: 1 },
    failed: { position: 1, cause: "error", error: "e" },
    returned: { position: 1, why: "late", ms: 1 },
    verdict: { position: 1, cause: "memory", error: "e" },
    done: { ms: 1 },
  };
  for (const odd of ODD) {
    for (const [op, rest] of Object.entries(members)) {
      for (const name of ["op", "chunk", ...Object.keys(rest)]) {
        const lab = new Lab();
        const channel = lab.channel();
        open(channel, 5);
        range(channel, 5, 1, 1, 10);
        const [slot] = lab.busy;
        slot!.say({ op: "started", job: 1, chunk: 1 });
        slot!.say(
          { op, job: 1, chunk: 1, ...rest, [name]: odd },
          op === "result" ? "x\n" : undefined,
        );
        assertEquals(channel.end, undefined, `${op}.${name}`);
      }
      const lab = new Lab();
      const channel = lab.channel();
      open(channel, 5);
      range(channel, 5, 1, 1, 10);
      lab.busy[0]!.say({ op: odd, job: 1, chunk: 1 });
      assertEquals(channel.end, undefined);
    }
  }
});

Deno.test("whatever value a requester sends, only its channel ends", () => {
  const members = {
    open: { name: "a.js", code_bytes: 1, args: "null", seed: 0, item_timeout_ms: 5 },
    code: {},
    chunk: { position: 1, count: 1, first: "1", credit: 1, item_bytes: 1, merge: false },
    items: { chunk: 1 },
    credit: { chunk: 1, credit: 1 },
    drop: { chunk: 1 },
    close: {},
  };
  for (const odd of ODD) {
    for (const [op, rest] of Object.entries(members)) {
      for (const name of ["op", "job", "chunk", ...Object.keys(rest)]) {
        const lab = new Lab();
        const [other, channel] = [lab.channel(), lab.channel()];
        open(channel, 5);
        range(channel, 5, 1, 1, 10);
        channel.say({ op, job: 5, chunk: 2, ...rest, [name]: odd });
        assertEquals(other.end, undefined, `${op}.${name}`);
      }
    }
  }
});
