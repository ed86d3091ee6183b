import { assert } from "@std/assert";
import { startServer, startWorkers } from "../support/cluster.ts";
import { type FakePeer, FakeWorker } from "../support/fake_worker.ts";
import { printFigure, underLoad } from "../support/load.ts";
import { fullWorker, rightReply } from "../support/scripts.ts";
import { until } from "../support/waiting.ts";

/** What a worker sends instead of a reply, and then no more. */
const FAULTS: readonly (readonly [name: string, fault: (peer: FakePeer) => Promise<void>])[] = [
  ["answers rubbish", (peer) => peer.send("?\n".repeat(10))],
  ["sends half a line", (peer) => peer.send('{"id":1,"ok":tr')],
  ["sends 10 MB without a newline", async (peer) => {
    const piece = new Uint8Array(1024 * 1024).fill(0x78);
    for (let k = 0; k < 10; k++) await peer.send(piece);
  }],
  ["answers what it should not know", (peer) => peer.send('{"id":987654321,"ok":true}\n')],
];

Deno.test("under load, a worker that talks nonsense costs no request, and is used again after it", async (t) => {
  await using workers = await startWorkers(2);
  for (const [name, fault] of FAULTS) {
    await t.step(`a worker that ${name}`, async () => {
      let isIll = false;
      let sendsNonsense = true;
      await using faulty = new FakeWorker(fullWorker(async (peer, line) => {
        if (!isIll) return await peer.send(rightReply(line) + "\n");
        if (!sendsNonsense) return;
        sendsNonsense = false;
        await fault(peer);
      }));
      await using server = await startServer({ workers: [workers[0]!, faulty, workers[1]!] });
      await server.untilStates("up", "up", "up");
      const seen = async () => (await server.status()).workers[1]!;
      await underLoad(server, async (load) => {
        await load.more(3000);
        assert((await seen()).completed > 0, "it has worked before");
        const calmMs = load.takePauseMs();
        isIll = true;
        await until("the fault to be noticed", async () => (await seen()).state !== "up");
        await load.more(3000);
        const pauseMs = load.takePauseMs();

        isIll = false;
        const { completed } = await seen();
        await until("work for it again", async () => {
          const now = await seen();
          return now.state === "up" && now.completed > completed;
        });
        printFigure(
          `${name}: ${load.answered} replies, all right; the longest pause that the client saw: ` +
            `${calmMs.toFixed(1)} ms before, ${pauseMs.toFixed(1)} ms after`,
        );
      });
    });
  }
});
