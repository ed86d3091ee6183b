import { assertEquals } from "@std/assert";
import { Buffers } from "../../../src/net/buffers.ts";
import { Connection } from "../../../src/net/connection.ts";
import { within } from "../../support/waiting.ts";

/** Long for a test that goes well, and short for one that does not. */
const LONG_MS = 60_000;

/** A socket whose peer does only what the test makes it do. */
class FakeSocket {
  /** What was written and taken. */
  taken = "";
  /** What happened, in order. */
  readonly log: string[] = [];
  /** Whether the peer takes what is written. */
  takes = true;
  readonly #ended = Promise.withResolvers<null>();

  setNoDelay(): void {}
  setKeepAlive(): void {}

  read(): Promise<number | null> {
    return this.#ended.promise;
  }

  write(bytes: Uint8Array): Promise<number> {
    if (!this.takes) return new Promise(() => {});
    this.taken += new TextDecoder().decode(bytes);
    return Promise.resolve(bytes.length);
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
