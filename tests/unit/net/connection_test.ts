import { assertEquals } from "@std/assert";
import { MAX_COPIED_BYTES } from "../../../src/limits.ts";
import { Buffers } from "../../../src/net/buffers.ts";
import { Connection } from "../../../src/net/connection.ts";
import { type Lines, LineWriter } from "../../../src/protocol/line_writer.ts";
import { until, within } from "../../support/waiting.ts";

/** Long for a test that goes well, and short for one that does not. */
const LONG_MS = 60_000;

/** A socket whose peer does only what the test makes it do. */
class FakeSocket {
  /** What was written and taken. */
  taken = "";
  /** What happened, in order. */
  readonly log: string[] = [];
  /** Whether the peer takes what is written, and how much at a time. */
  takes = true;
  takesAtMost = Infinity;
  /** How often something was taken. */
  writes = 0;
  readonly #ended = Promise.withResolvers<null>();

  setNoDelay(): void {}
  setKeepAlive(): void {}

  read(): Promise<number | null> {
    return this.#ended.promise;
  }

  write(bytes: Uint8Array): Promise<number> {
    if (!this.takes) return new Promise(() => {});
    const count = Math.min(bytes.length, this.takesAtMost);
    // The system looks at the bytes a while after it was given them.
    return Promise.resolve().then(() => {
      this.writes++;
      this.taken += new TextDecoder().decode(bytes.subarray(0, count));
      return count;
    });
  }

  closeWrite(): Promise<void> {
    this.log.push("our half ended");
    return Promise.resolve();
  }

  /** The peer ends its sending half. */
  end(): void {
    this.#ended.resolve(null);
  }

  close(): void {
    this.log.push("closed");
    this.end();
  }
}

/** A connection over a fake socket; `closed` resolves when its port is told. */
function connectionOver(socket: FakeSocket): { connection: Connection; closed: Promise<void> } {
  const closed = Promise.withResolvers<void>();
  const port = {
    received: () => {},
    ended: () => socket.log.push("peer ended"),
    drained: () => socket.log.push("drained"),
    closed: (reason: string) => {
      socket.log.push(`told: ${reason}`);
      closed.resolve();
    },
  };
  const connection = new Connection(socket as unknown as Deno.TcpConn, new Buffers(), port);
  connection.start();
  return { connection, closed: closed.promise };
}

Deno.test("finish() gives a peer that takes nothing only so long", async () => {
  const socket = new FakeSocket();
  socket.takes = false;
  const { connection, closed } = connectionOver(socket);
  connection.write("the last reply\n");
  connection.finish(20);
  await within("the end of the connection", closed, 5000);
  assertEquals([socket.log, socket.taken], [["closed", "told: connection closed"], ""]);
});

Deno.test("finish() ends our half after the last byte, and closes when the peer has ended too", async () => {
  const socket = new FakeSocket();
  const { connection, closed } = connectionOver(socket);
  connection.write("the last ");
  connection.write("reply\n");
  connection.finish(LONG_MS);
  connection.write("too late\n");
  // A second finish() changes nothing, and neither does its limit.
  connection.finish(0);
  await new Promise((resolve) => setTimeout(resolve, 10));
  assertEquals([socket.log, socket.taken], [["our half ended"], "the last reply\n"]);
  socket.end();
  await closed;
  assertEquals(socket.log, ["our half ended", "closed", "told: connection closed"]);
});

Deno.test("finish() closes at once where the peer has ended before and everything is written", async () => {
  const socket = new FakeSocket();
  const { connection, closed } = connectionOver(socket);
  socket.end();
  await new Promise((resolve) => setTimeout(resolve));
  connection.finish(LONG_MS);
  await closed;
  assertEquals(socket.log, ["peer ended", "closed", "told: connection closed"]);
});

/** Lines of a text. */
function linesOf(text: string): Lines {
  const out = new LineWriter();
  out.text(text);
  return out.take();
}

Deno.test("texts, lines and bytes go out in the order in which they were written, however little is taken", async () => {
  for (const takesAtMost of [1, 7, Infinity]) {
    const socket = new FakeSocket();
    socket.takesAtMost = takesAtMost;
    const { connection } = connectionOver(socket);
    let expected = "";
    for (let round = 0; round < 50; round++) {
      // Of bytes some are copied behind what came before, and some are too many for that.
      const isLong = round % 10 === 0;
      const text = `${round}`.repeat(isLong ? MAX_COPIED_BYTES + 1 : 1 + round % 40) + "\n";
      expected += text;
      if (round % 5 === 0) connection.writeBytes(new TextEncoder().encode(text));
      else if (round % 3 === 0) connection.write(text);
      else connection.writeLines(linesOf(text));
      if (round % 11 === 0) await Promise.resolve();
    }
    await until("everything to be taken", () => socket.taken.length === expected.length);
    assertEquals(socket.taken, expected);
    await until("the end of the writing", () => socket.log.includes("drained"));
  }
});

Deno.test("what is written in one turn goes out in one write", async () => {
  const bytes = new TextEncoder().encode("bytes\n");
  const socket = new FakeSocket();
  const { connection } = connectionOver(socket);
  for (let count = 0; count < 100; count++) {
    connection.writeLines(linesOf("a line that a worker is sent\n"));
    connection.write("and a text\n");
    connection.writeBytes(bytes);
  }
  await until("everything to be taken", () => socket.log.includes("drained"));
  assertEquals([socket.writes, socket.taken.length], [1, 100 * 46]);
});

Deno.test("the storage of lines is used again only when they have been taken", async () => {
  const socket = new FakeSocket();
  const { connection } = connectionOver(socket);
  connection.writeLines(linesOf("first\n"));
  await Promise.resolve();
  // The first write is under way; whoever fills storage now must not fill that of the first.
  const others = Array.from({ length: 50 }, (_, index) => linesOf(`other ${index}\n`));
  for (const lines of others) connection.writeLines(lines);
  await until("everything to be taken", () => socket.log.includes("drained"));
  assertEquals(socket.taken, "first\n" + others.map((_, index) => `other ${index}\n`).join(""));
});
