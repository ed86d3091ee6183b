import { type Server, startServer } from "./cluster.ts";
import { FakeWorker } from "./fake_worker.ts";
import type { LineClient } from "./line_client.ts";
import { fullWorker, rightReply } from "./scripts.ts";
import { until } from "./waiting.ts";

const ADD = '{"op":"add","a":1,"b":2}';

/** A server with a request of `connection` in flight, which is answered when `release` is called. */
export interface Busy extends AsyncDisposable {
  readonly server: Server;
  readonly connection: LineClient;
  readonly release: () => void;
}

/** Starts one: an addition of 1 and 2 is in flight. */
export async function busyServer(): Promise<Busy> {
  const stack = new AsyncDisposableStack();
  const released = Promise.withResolvers<void>();
  const worker = stack.use(
    new FakeWorker(fullWorker((peer, line) => {
      released.promise.then(() => peer.send(rightReply(line) + "\n")).catch(() => {});
    })),
  );
  const server = stack.use(
    await startServer({ workers: [worker], args: ["--worker-timeout", "1m"] }),
  );
  await server.untilStates("up");
  const connection = stack.use(await server.connect());
  await connection.send(ADD + "\n");
  await until("the request at the worker", () => worker.work.length > 0);
  return {
    server,
    connection,
    release: released.resolve,
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}
