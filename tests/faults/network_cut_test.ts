import { assertEquals, assertMatch } from "@std/assert";
import { startServer, startWorker, startWorkers } from "../support/cluster.ts";
import { DroppingProxy } from "../support/dropping_proxy.ts";
import { printFigure, underLoad } from "../support/load.ts";
import { startRole } from "../support/roles.ts";
import { until } from "../support/waiting.ts";

Deno.test("under load, a network that is cut without a reset costs no request", async () => {
  await using workers = await startWorkers(2);
  await using far = await startWorker();
  await using proxy = new DroppingProxy(() => far.address);
  await using server = await startServer({ workers: [workers[0]!, proxy, workers[1]!] });
  await server.untilStates("up", "up", "up");
  const seen = async () => (await server.status()).workers[1]!;
  const untilItWorks = async () => {
    const { completed } = await seen();
    await until("work for it again", async () => {
      const now = await seen();
      return now.state === "up" && now.completed > completed;
    });
  };

  await underLoad(server, async (load) => {
    const cut = async () => {
      await load.more(5000);
      const calmMs = load.takePauseMs();
      proxy.cut();
      return (what: string) => {
        printFigure(
          `${what}: ${load.answered} replies, all right; the longest pause that the client saw: ` +
            `${calmMs.toFixed(1)} ms before, ${load.takePauseMs().toFixed(1)} ms from then on`,
        );
      };
    };

    let print = await cut();
    await until("the cut to be noticed", async () => (await seen()).state !== "up");
    await load.more(1000);
    proxy.mend();
    await untilItWorks();
    print("a cut that was mended before anybody gave up");

    print = await cut();
    const { reason } = await until("the worker to be given up", async () => {
      const now = await seen();
      return now.state === "down" && now;
    });
    assertMatch(reason!, /^missed 3 heartbeats$|^no answer$/);
    await load.more(1000);
    proxy.mend();
    await untilItWorks();
    print("a cut that was mended when the worker was down");

    print = await cut();
    await until("the cut to be noticed", async () => (await seen()).state !== "up");
    const { port } = proxy.address;
    await proxy[Symbol.asyncDispose]();
    await using _another = new DroppingProxy(() => far.address, port);
    await untilItWorks();
    print("a cut, and another way to the worker");
  });
});

Deno.test("a joined worker that was cut off dials again, and takes the place that it had", async () => {
  await using workers = await startWorkers(1);
  await using server = await startServer({ workers });
  await using proxy = new DroppingProxy(() => server.address);
  const join = (name: string, address: { readonly name: string }) =>
    startRole("worker", ["--join", address.name, "--name", name]);
  await using _first = join("cut off", proxy);
  await server.untilStates("up", "up");
  await using _second = join("other", server);
  await server.untilStates("up", "up", "up");

  await underLoad(server, async (load) => {
    await load.more(5000);
    const calmMs = load.takePauseMs();
    proxy.cut();
    const [, lost] = await server.untilStates("up", "down", "up");
    assertEquals(lost!.reason, "missed 3 heartbeats");
    await load.more(1000);
    proxy.mend();
    const seen = await server.untilStates("up", "up", "up");
    assertEquals(seen.map(({ name }) => name), [workers[0]!.name, "cut off", "other"]);
    await until("work for it again", async () => {
      return (await server.status()).workers[1]!.completed > lost!.completed;
    });
    printFigure(
      `a joined worker cut off: ${load.answered} replies, all right; the longest pause that the ` +
        `client saw: ${calmMs.toFixed(1)} ms before, ${load.takePauseMs().toFixed(1)} ms after`,
    );
  });
});
