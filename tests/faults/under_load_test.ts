import { assert, assertEquals } from "@std/assert";
import { type Listening, type Server, startServer, startWorker } from "../support/cluster.ts";
import { type Load, printFigure, underLoad } from "../support/load.ts";
import { freePort } from "../support/ports.ts";
import { until } from "../support/waiting.ts";

// Windows stops no process, and ends one by a signal at once.
const ignore = Deno.build.os === "windows";

/** Replies before anything happens, and after it. */
const CALM = 5_000;
const AFTER = 10_000;

/** Three workers that can be started again on their ports, and their server. */
class Room implements AsyncDisposable {
  readonly workers: Listening[] = [];
  readonly server: Server;
  readonly #stack: AsyncDisposableStack;

  private constructor(workers: readonly Listening[], server: Server, stack: AsyncDisposableStack) {
    this.workers.push(...workers);
    this.server = server;
    this.#stack = stack;
  }

  static async start(): Promise<Room> {
    await using stack = new AsyncDisposableStack();
    const ports = [freePort(), freePort(), freePort()];
    const workers = await Promise.all(
      ports.map(async (port) => stack.use(await startWorker({ port }))),
    );
    const server = stack.use(await startServer({ workers }));
    await server.untilStates("up", "up", "up");
    return new Room(workers, server, stack.move());
  }

  /** Starts a worker again that has ended. */
  async restart(place: number): Promise<void> {
    const { port } = this.workers[place]!.address;
    this.workers[place] = this.#stack.use(await startWorker({ port }));
  }

  /** Waits until the server sees a worker as it is said; what it thinks of the others does not matter. */
  async sees(place: number, what: RegExp): Promise<void> {
    await until(`worker ${place + 1} to be ${what}`, async () => {
      return what.test((await this.server.status()).workers[place]!.state);
    });
  }

  /** Waits until a worker has done more than it has now. */
  async works(place: number): Promise<void> {
    const completed = async () => (await this.server.status()).workers[place]!.completed;
    const before = await completed();
    await until(`work for worker ${place + 1}`, async () => await completed() > before);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.#stack.disposeAsync();
  }
}

async function calm(load: Load): Promise<number> {
  await load.more(CALM);
  return load.takePauseMs();
}

function printPauses(what: string, load: Load, calmMs: number): void {
  const pauseMs = load.takePauseMs();
  printFigure(
    `${what}: ${load.answered} replies, all right; the longest pause that the client saw: ` +
      `${calmMs.toFixed(1)} ms before, ${pauseMs.toFixed(1)} ms from then on`,
  );
}

Deno.test("under load, SIGKILL of a worker costs no request", async () => {
  await using room = await Room.start();
  const { server, workers } = room;
  await underLoad(server, async (load) => {
    const calmMs = await calm(load);
    await workers[1]!.kill();
    await load.more(AFTER);
    await room.sees(1, /down/);
    printPauses("SIGKILL", load, calmMs);
  });
});

Deno.test("under load, a worker that is killed and started again and again costs no request", async () => {
  await using room = await Room.start();
  const { server } = room;
  await underLoad(server, async (load) => {
    const calmMs = await calm(load);
    for (let round = 0; round < 4; round++) {
      await room.workers[1]!.kill();
      await room.restart(1);
      await room.sees(1, /up/);
      await room.works(1);
    }
    printPauses("SIGKILL and restart, four times", load, calmMs);
  });
});

Deno.test("under load, only what comes while no worker lives is refused", async () => {
  await using room = await Room.start();
  const { server, workers } = room;
  await underLoad(server, async (load) => {
    const calmMs = await calm(load);
    await workers[0]!.kill();
    await load.more(1000);
    await workers[1]!.kill();
    await load.more(1000);
    const twoMs = load.takePauseMs();
    load.mayBeRefused = true;
    await workers[2]!.kill();
    await until("refusals", () => load.refused > 0);
    await room.restart(1);
    await server.untilStates("down", "up", "down");
    // What was refused before may still be on its way.
    await load.more(100);
    load.mayBeRefused = false;
    load.takePauseMs();
    await load.more(AFTER);
    printFigure(`SIGKILL of two, one after the other: ${twoMs.toFixed(1)} ms`);
    printPauses(`all killed, ${load.refused} refused, one brought back`, load, calmMs);
  });
});

Deno.test({
  name:
    "under load, a worker that is stopped by SIGSTOP costs no request, and works again after it",
  ignore,
  fn: async () => {
    await using room = await Room.start();
    const { server, workers } = room;
    await underLoad(server, async (load) => {
      let calmMs = await calm(load);
      // Shorter than any heartbeat could notice: those whom it keeps waiting tell.
      workers[1]!.process.kill("SIGSTOP");
      await room.sees(1, /suspect|probation/);
      workers[1]!.process.kill("SIGCONT");
      await room.sees(1, /up/);
      await room.works(1);
      printPauses("SIGSTOP until it was suspect, SIGCONT", load, calmMs);

      calmMs = await calm(load);
      workers[1]!.process.kill("SIGSTOP");
      await room.sees(1, /down/);
      await load.more(AFTER);
      printPauses("SIGSTOP until it was down", load, calmMs);
      workers[1]!.process.kill("SIGCONT");
      await room.sees(1, /up/);
      await room.works(1);
      printPauses("SIGCONT", load, calmMs);
    });
  },
});

Deno.test({
  name:
    "under load, workers that are stopped by SIGTERM and started again have nothing asked twice",
  ignore,
  fn: async () => {
    await using room = await Room.start();
    const { server } = room;
    await underLoad(server, async (load) => {
      const calmMs = await calm(load);
      for (const place of room.workers.keys()) {
        const { process } = room.workers[place]!;
        process.kill("SIGTERM");
        assertEquals((await process.outcome()).code, 0);
        const { workers } = await server.status();
        assertEquals([workers[place]!.state, workers[place]!.in_flight], ["down", 0]);
        assert(workers.every(({ failed }) => failed === 0), JSON.stringify(workers));
        await room.restart(place);
        await room.sees(place, /up/);
        await room.works(place);
      }
      printPauses("SIGTERM and restart of each worker", load, calmMs);
    }, { explain: true });
    const { workers } = await server.status();
    assertEquals(workers.map(({ failed }) => failed), [0, 0, 0]);
  },
});
