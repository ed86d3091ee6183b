import { assertEquals, assertMatch } from "@std/assert";
import { startServer, startWorkers } from "../support/cluster.ts";

const WHOLE = '{"ok":true,"result":285,"parts":[{"a":1,"b":3,"result":14},' +
  '{"a":4,"b":6,"result":77},{"a":7,"b":9,"result":194}]}';

/** An address that, like a machine that is switched off, does not even refuse. */
class SilentAddress implements Disposable {
  /** As `--workers` takes it. */
  readonly name: string;
  readonly #listener: Deno.TcpListener;
  readonly #conns: Deno.TcpConn[] = [];

  private constructor(listener: Deno.TcpListener) {
    this.#listener = listener;
    this.name = `127.0.0.1:${listener.addr.port}`;
  }

  /** Fills a listener's queue until Linux drops whoever comes next. */
  static async make(): Promise<SilentAddress> {
    const listener = Deno.listen({ hostname: "127.0.0.1", port: 0, tcpBacklog: 1 });
    const silent = new SilentAddress(listener);
    while (true) {
      const signal = AbortSignal.timeout(100);
      try {
        silent.#conns.push(
          await Deno.connect({ hostname: "127.0.0.1", port: listener.addr.port, signal }),
        );
      } catch {
        return silent;
      }
    }
  }

  [Symbol.dispose](): void {
    for (const conn of this.#conns) conn.close();
    this.#listener.close();
  }
}

Deno.test({
  name: "a machine that does not answer a connect counts as down, and costs no request",
  // Elsewhere a full queue refuses.
  ignore: Deno.build.os !== "linux",
  // The system goes on trying for a while after a connect was given up.
  sanitizeOps: false,
  fn: async () => {
    await using workers = await startWorkers(2);
    using silent = await SilentAddress.make();
    await using server = await startServer({
      workers: [workers[0]!, silent, workers[1]!],
    });
    using connection = await server.connect();
    assertEquals(await connection.ask('{"op":"sum_squares","n":9}'), WHOLE);
    const [, down] = await server.untilStates("up", "down", "up");
    assertMatch(down!.reason!, /no answer/);
    for (let k = 0; k < 100; k++) {
      assertEquals(await connection.ask('{"op":"sum_squares","n":9}'), WHOLE);
    }
  },
});

Deno.test({
  name: "when no machine answers a connect the error comes all the same",
  ignore: Deno.build.os !== "linux",
  sanitizeOps: false,
  fn: async () => {
    using silent = await SilentAddress.make();
    await using server = await startServer({ workers: [silent] });
    const none = '{"ok":false,"error":"ningún worker disponible"}';
    assertEquals(await server.ask('{"op":"add","a":1,"b":2}'), none);
    await server.untilStates("down");
    assertEquals(await server.ask('{"op":"add","a":1,"b":2}'), none);
  },
});
