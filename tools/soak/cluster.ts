import {
  type Server,
  startJoinedWorker,
  startServer,
  startWorker,
} from "../../tests/support/cluster.ts";
import { freePort } from "../../tests/support/ports.ts";
import type { Process } from "../../tests/support/process.ts";
import { ASKABLE } from "./kept.ts";

const JOINED = "joined";

/** A worker that can be ended and started again. */
export class SoakWorker implements AsyncDisposable {
  /** How the server calls it. */
  readonly name: string;
  /** The process that it is now. */
  process: Process;
  readonly #start: () => Promise<Process>;

  private constructor(name: string, process: Process, start: () => Promise<Process>) {
    this.name = name;
    this.process = process;
    this.#start = start;
  }

  /** Starts it for the first time. */
  static async start(name: string, start: () => Promise<Process>): Promise<SoakWorker> {
    return new SoakWorker(name, await start(), start);
  }

  /** Starts it again after its end. */
  async restart(): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    this.process = await this.#start();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process[Symbol.asyncDispose]();
  }
}

/** A process, by the role that it plays. */
export interface RoleProcess {
  readonly role: string;
  readonly process: Process;
}

/** A server, three configured workers, and one that joins. */
export interface SoakCluster extends AsyncDisposable {
  readonly server: Server;
  readonly workers: readonly SoakWorker[];
  /** Every process, as it is now. */
  processes(): RoleProcess[];
  /** Ends every process in good order; gives what was not as it should be. */
  end(): Promise<string[]>;
}

/** Starts it all, and waits until every worker works. */
export async function startCluster(): Promise<SoakCluster> {
  await using starting = new AsyncDisposableStack();
  const workers: SoakWorker[] = [];
  for (const port of [freePort(), freePort(), freePort()]) {
    const start = async () => (await startWorker({ port, ...ASKABLE })).process;
    workers.push(starting.use(await SoakWorker.start(`127.0.0.1:${port}`, start)));
  }
  const server = starting.use(await startServer({ workers, ...ASKABLE }));
  const join = () => startJoinedWorker([server], ["--name", JOINED], ASKABLE);
  workers.push(starting.use(await SoakWorker.start(JOINED, join)));
  await server.untilStates("up", "up", "up", "up");
  const stack = starting.move();
  return {
    server,
    workers,
    processes: () => [
      { role: "server", process: server.process },
      ...workers.map(({ process }, place) => ({ role: `worker ${place + 1}`, process })),
    ],
    end: () => endAll(server, workers),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function endAll(server: Server, workers: readonly SoakWorker[]): Promise<string[]> {
  const problems: string[] = [];
  const { requests } = await server.status();
  // Those that hung up while a worker was lost count as failed: every reply that anybody read was right.
  if (requests.in_flight !== 0 || requests.waiting !== 0) {
    problems.push(`the server's counters at the end: ${JSON.stringify(requests)}`);
  }
  const processes = [...workers.map(({ process }) => process), server.process];
  for (const process of processes) {
    process.kill("SIGTERM");
    const { code, stderr } = await process.outcome();
    if (code !== 0) problems.push(`process ${process.pid} ended with ${code}: ${stderr}`);
  }
  return problems;
}
