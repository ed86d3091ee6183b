import type { Outcome } from "./process.ts";
import type { Process } from "./process.ts";
import { type Address, LineClient } from "./line_client.ts";
import { type RoleOptions, runRole, startRole } from "./roles.ts";
import { until } from "./waiting.ts";

/** A worker as a server's reply to `status` shows it. */
export interface WorkerStatus {
  readonly name: string;
  readonly state: string;
  /** How long it has been so, in milliseconds. */
  readonly for_ms: number;
  readonly reason?: string;
  readonly joined: boolean;
  readonly protocol: string;
  readonly in_flight: number;
  readonly completed: number;
  readonly failed: number;
}

/** A server's reply to `status`. */
export interface ServerStatus {
  readonly ok: boolean;
  readonly uptime_ms: number;
  readonly connections: number;
  readonly requests: Readonly<Record<string, number>>;
  readonly workers: readonly WorkerStatus[];
}

/** A role that listens, in a process of its own. */
export class Listening implements AsyncDisposable {
  /** The process. */
  readonly process: Process;
  /** Where it listens. */
  readonly address: Address;

  /** Wraps a process that has said where it listens. */
  constructor(process: Process, address: Address) {
    this.process = process;
    this.address = address;
  }

  /** Its address as `--workers` takes it. */
  get name(): string {
    const { host, port } = this.address;
    return host.includes(":") ? `[${host}]:${port}` : `${host}:${port}`;
  }

  /** Connects to it. */
  connect(): Promise<LineClient> {
    return LineClient.connect(this.address);
  }

  /** Sends it a line on a connection made for that, and gives the reply. */
  async ask(line: string): Promise<string> {
    using connection = await this.connect();
    return await connection.ask(line);
  }

  /** Kills it, and waits until it is gone. */
  async kill(): Promise<void> {
    this.process.kill("SIGKILL");
    await this.process.status;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.process[Symbol.asyncDispose]();
  }
}

/** A calc_server in a process of its own. */
export class Server extends Listening {
  /** Asks the real client, as a user does. */
  client(args: readonly string[], options: RoleOptions = {}): Promise<Outcome> {
    return runClient(["--port", String(this.address.port), ...args], options);
  }

  /** The state of the cluster. */
  async status(): Promise<ServerStatus> {
    return JSON.parse(await this.ask('{"op":"status"}'));
  }

  /** Waits until every worker is in the state that stands at its place. */
  async untilStates(...states: readonly string[]): Promise<readonly WorkerStatus[]> {
    let seen = "";
    return await until(`workers that are ${states}`, async () => {
      const { workers } = await this.status();
      const now = workers.map(({ state }) => state).join();
      if (now !== seen) seen = now;
      return now === states.join() && workers;
    }).catch((error) => {
      throw new Error(`${error.message}; they are ${seen}`);
    });
  }
}

/** How a listening role is started. */
export interface ListeningOptions extends RoleOptions {
  /** Where it listens. @default {0} */
  readonly port?: number;
  /** Flags beside the port. */
  readonly args?: readonly string[];
}

/** Starts a worker and waits until it says where it listens. */
export async function startWorker(options: ListeningOptions = {}): Promise<Listening> {
  const { port = 0, args = [] } = options;
  const process = startRole("worker", ["--port", String(port), ...args], options);
  return new Listening(process, await announced(process, "worker"));
}

/** Starts several workers at once. */
export async function startWorkers(count: number): Promise<Listening[] & AsyncDisposable> {
  const workers = await Promise.all(Array.from({ length: count }, () => startWorker()));
  return Object.assign(workers, {
    [Symbol.asyncDispose]: async () => {
      await Promise.all(workers.map((worker) => worker[Symbol.asyncDispose]()));
    },
  });
}

/** Starts a worker that joins servers, and waits until each of them has taken it. */
export async function startJoinedWorker(
  servers: readonly { readonly name: string }[],
  args: readonly string[] = [],
  options: RoleOptions = {},
): Promise<Process> {
  const names = servers.map(({ name }) => name);
  const process = startRole("worker", ["--join", ...names, ...args], options);
  try {
    for (const name of names) {
      await process.stderr.line(new RegExp(`^\\[worker\\] joined ${RegExp.escape(name)} as `));
    }
    return process;
  } catch (error) {
    await using _ended = process;
    throw error;
  }
}

/** How a server is started. */
export interface ServerOptions extends ListeningOptions {
  /** The workers, as text or by what listens there. */
  readonly workers?: readonly (string | { readonly name: string })[];
}

/** Starts a server and waits until it says where it listens. */
export async function startServer(options: ServerOptions = {}): Promise<Server> {
  const { port = 0, args = [], workers = [] } = options;
  const names = workers.map((worker) => typeof worker === "string" ? worker : worker.name);
  const given = names.length === 0 ? [] : ["--workers", ...names];
  const process = startRole("calc_server", ["--port", String(port), ...given, ...args], options);
  const server = new Server(process, await announced(process, "calc-server"));
  await process.stdout.line(/^Workers: /);
  return server;
}

/** Runs the client to its end. */
export function runClient(args: readonly string[], options: RoleOptions = {}): Promise<Outcome> {
  return runRole("client", args, options);
}

/** Waits for the line that names the port, and says why if the process ends instead. */
async function announced(process: Process, name: string): Promise<Address> {
  try {
    const pattern = new RegExp(`^\\[${name}\\] listening on (?:\\[(.+)\\]|(.+)):(\\d+)$`);
    const [, ipv6, host, port] = await process.stdout.line(pattern);
    return { host: ipv6 ?? host!, port: Number(port) };
  } catch (error) {
    await using _ended = process;
    const why = error instanceof Error ? error.message : String(error);
    throw new Error(`Cannot start a ${name}: ${why}\n${process.stderr.text}`);
  }
}
