import { DEFAULT_MAX_REQUEST_LINE_BYTES } from "../../src/limits.ts";
import type { RoleFacts } from "../../src/protocol/hello.ts";
import type { Address, Effect, Machine } from "../../src/protocol/machine.ts";
import { ServerMachine } from "../../src/server/machine.ts";
import { WorkerMachine } from "../../src/worker/machine.ts";
import { CallingClient, type CallingOptions } from "./calling_client.ts";
import { Clock } from "./clock.ts";
import { Dice } from "./dice.ts";
import { Network, type NetworkOptions } from "./network.ts";
import { Node } from "./node.ts";
import { type Script, ScriptedWorker } from "./scripted_worker.ts";
import { Trace } from "./trace.ts";
import { textEffects } from "../support/effects.ts";

/** What is known of a worker, whichever process plays it now. */
export interface WorkerSlot {
  /** As servers call it. */
  readonly name: string;
  readonly host: string;
  /** Whether it dials the servers instead of being dialled. */
  readonly joins: boolean;
  readonly script: Script | undefined;
  node: Node;
  /** Processes that have played it. */
  starts: number;
}

/** How a cluster is set up. */
export interface ClusterOptions {
  readonly seed: number;
  readonly servers?: number;
  /** What the configured workers are; `undefined` is one of ours. */
  readonly workers: readonly (Script | undefined)[];
  readonly joined?: readonly string[];
  readonly workerTimeoutMs?: number;
  readonly network?: Partial<NetworkOptions>;
  readonly keepsTrace?: boolean;
}

/** What a server says of one of its workers. */
export interface WorkerStatus {
  readonly name: string;
  readonly state: string;
  readonly reason?: string;
  readonly protocol: string;
  readonly joined: boolean;
  readonly in_flight: number;
  readonly completed: number;
  readonly failed: number;
}

/** What a server says of itself. */
export interface ServerStatus {
  readonly connections: number;
  readonly requests: Readonly<Record<string, number>>;
  readonly workers: readonly WorkerStatus[];
}

const PORT = 5000;
/** The connection by which a test looks into a server; no network knows it. */
const PROBE = 1_000_000_000;
const STATUS_LINE = new TextEncoder().encode('{"op":"status"}\n');

/** Real servers, workers and clients on one simulated network. Nothing has begun until {@linkcode start}. */
export class Cluster {
  readonly clock: Clock = new Clock();
  readonly dice: Dice;
  readonly trace: Trace;
  readonly network: Network;
  readonly servers: readonly Node[];
  readonly workers: readonly WorkerSlot[];
  readonly #workerTimeoutMs: number;

  /** A cluster that has not begun. */
  constructor(options: ClusterOptions) {
    this.dice = new Dice(options.seed);
    this.trace = new Trace(options.keepsTrace ?? false);
    this.network = new Network(this.clock, this.dice, this.trace, {
      delayMs: 0.1,
      jitterMs: 0.4,
      capacityBytes: 65536,
      ...options.network,
    });
    this.#workerTimeoutMs = options.workerTimeoutMs ?? 2000;
    const hosts = Array.from({ length: options.servers ?? 1 }, (_, index) => `s${index + 1}`);
    const addresses = hosts.map((host) => ({ host, port: PORT }));
    const configured = options.workers.map((script, index) => {
      const host = `w${index + 1}`;
      return this.#slot(`${host}:${PORT}`, host, script, []);
    });
    const joined = (options.joined ?? []).map((name, index) =>
      this.#slot(name, `j${index + 1}`, undefined, addresses)
    );
    this.workers = [...configured, ...joined];
    this.servers = hosts.map((host) => {
      const machine = new ServerMachine({
        workers: configured.map(({ host }) => ({ host, port: PORT })),
        workerTimeoutMs: this.#workerTimeoutMs,
        maxLineBytes: DEFAULT_MAX_REQUEST_LINE_BYTES,
        allowsChanges: true,
        sha256: () => "",
        facts: factsOf("calc_server"),
        seed: this.dice.below(2 ** 31),
      });
      return this.#node(host, machine, PORT);
    });
  }

  /** Where the servers listen. */
  get addresses(): Address[] {
    return this.servers.map(({ host }) => ({ host, port: PORT }));
  }

  /** The first server. */
  get server(): Node {
    return this.servers[0]!;
  }

  /** Starts servers and workers, and gives them a moment to find each other. */
  start(settleMs = 0): this {
    for (const { node } of this.workers) node.start();
    for (const server of this.servers) server.start();
    this.clock.runUntil(this.clock.nowMs + settleMs);
    return this;
  }

  /** A worker of the given name. */
  worker(name: string): WorkerSlot {
    const slot = this.workers.find((one) => one.name === name || one.host === name);
    if (slot === undefined) throw new Error(`no worker "${name}"`);
    return slot;
  }

  /** Starts a worker again after its process has ended: the same address, a new process. */
  restart(slot: WorkerSlot): void {
    if (slot.node.isAlive) return;
    this.network.switchOff(slot.host, false);
    const { joins, script } = slot;
    slot.starts++;
    slot.node = this.#workerNode(
      slot.name,
      slot.host,
      script,
      joins ? this.addresses : [],
      slot.starts,
    );
    slot.node.start();
  }

  /** A client of ours, which begins at once. */
  client(options: Omit<CallingOptions, "servers">): CallingClient {
    const client = new CallingClient(this.network, { servers: this.addresses, ...options });
    client.start();
    return client;
  }

  /** Asks a server for its status behind the network's back; nothing in the run changes by that. */
  status(server: Node = this.server): ServerStatus {
    const { machine, nowMs } = server;
    const effects: Effect[] = [];
    const take = (more: Effect[]) => effects.push(...textEffects(more));
    take(machine.step({ kind: "accepted", connection: PROBE, remote: "probe" }, nowMs));
    take(machine.step({ kind: "received", connection: PROBE, bytes: STATUS_LINE.slice() }, nowMs));
    take(machine.step({ kind: "closed", connection: PROBE, reason: "probed" }, nowMs));
    let text = "";
    for (const effect of effects) {
      if (effect.kind === "write" && effect.connection === PROBE) text += effect.text;
      else this.network.fault(`${server.name}: a status had the effect ${JSON.stringify(effect)}`);
    }
    if (text === "") return { connections: 0, requests: {}, workers: [] };
    const status = JSON.parse(text);
    return { ...status, connections: status.connections - 1 };
  }

  /** The states of the workers, as a server sees them. */
  states(server: Node = this.server): string[] {
    return this.status(server).workers.map(({ state }) => state);
  }

  #slot(
    name: string,
    host: string,
    script: Script | undefined,
    servers: readonly Address[],
  ): WorkerSlot {
    const node = this.#workerNode(name, host, script, servers, 1);
    return { name, host, joins: servers.length > 0, script, node, starts: 1 };
  }

  #workerNode(
    name: string,
    host: string,
    script: Script | undefined,
    join: readonly Address[],
    start: number,
  ): Node {
    const machine = script !== undefined
      ? new ScriptedWorker(script, this.dice)
      : new WorkerMachine({
        join,
        name,
        instance: `${host}/${start}`,
        facts: factsOf("worker"),
        seed: this.dice.below(2 ** 31),
        maxLineBytes: DEFAULT_MAX_REQUEST_LINE_BYTES,
      });
    return this.#node(host, machine, join.length > 0 ? undefined : PORT);
  }

  #node(host: string, machine: Machine, port: number | undefined): Node {
    const base = { name: host, host, machine };
    const node = new Node(this.network, port === undefined ? base : { ...base, port });
    this.network.add(node);
    return node;
  }
}

function factsOf(role: RoleFacts["role"]): RoleFacts {
  return { role, cores: 2, platform: "simulated" };
}
