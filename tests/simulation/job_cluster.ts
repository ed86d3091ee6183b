import { Clock } from "./clock.ts";
import { Dice } from "./dice.ts";
import { JobClient, type JobClientOptions } from "./job_client.ts";
import { type JobFunction, PLAIN_FUNCTION } from "./job_function.ts";
import { JobWorker } from "./job_worker.ts";
import { Network, type NetworkOptions } from "./network.ts";
import { Node } from "./node.ts";
import { Trace } from "./trace.ts";
import { ServerMachine } from "../../src/server/machine.ts";
import { WorkerMachine, type WorkerMachineOptions } from "../../src/worker/machine.ts";
import type { Machine } from "../../src/protocol/machine.ts";
import { DEFAULT_MAX_REQUEST_LINE_BYTES } from "../../src/limits.ts";
import { assert, AssertionError } from "@std/assert";
import { textEffects } from "../support/effects.ts";

/** How a cluster that runs jobs is set up. */
export interface JobClusterOptions {
  readonly seed: number;
  /** The slots of each configured worker. */
  readonly slots: readonly number[];
  /** Those of workers that join. */
  readonly joinedSlots?: readonly number[];
  /** How many times as long each of them takes; 1 where nothing is said. */
  readonly slowness?: readonly number[];
  readonly network?: Partial<NetworkOptions>;
  readonly keepsTrace?: boolean;
  /** Coordinators one above the other: the first is the clients', the last has the workers. */
  readonly levels?: number;
  /** Makes a worker of what a real one is set up with. @default {a {@linkcode JobWorker}} */
  readonly playWorker?: (options: WorkerMachineOptions) => Machine;
}

/** A worker, whichever process plays it now. */
export interface JobWorkerSlot {
  readonly host: string;
  readonly slots: number;
  readonly slowness: number;
  readonly joins: boolean;
  node: Node;
  starts: number;
}

/** A client and its process. */
export interface ClientProcess {
  readonly node: Node;
  readonly machine: JobClient;
}

const PORT = 5000;

/** Real servers and simulated workers that run code, on one simulated network. */
export class JobCluster {
  readonly clock: Clock = new Clock();
  readonly dice: Dice;
  readonly trace: Trace;
  readonly network: Network;
  readonly servers: readonly Node[];
  readonly workers: readonly JobWorkerSlot[];
  readonly clients: ClientProcess[] = [];
  /** What all workers do; it may be changed before the first client. */
  work: JobFunction = PLAIN_FUNCTION;
  readonly #playWorker: JobClusterOptions["playWorker"];

  /** A cluster that has begun. */
  constructor(options: JobClusterOptions) {
    this.dice = new Dice(options.seed);
    this.#playWorker = options.playWorker;
    this.trace = new Trace(options.keepsTrace ?? false);
    this.network = new Network(this.clock, this.dice, this.trace, {
      delayMs: 0.1,
      jitterMs: 0.4,
      capacityBytes: 65536,
      ...options.network,
    });
    const levels = options.levels ?? 1;
    const hosts = Array.from({ length: levels }, (_, index) => `s${index + 1}`);
    const lowest = { host: hosts.at(-1)!, port: PORT };
    const { slots, joinedSlots = [], slowness = [] } = options;
    this.workers = [...slots, ...joinedSlots].map((count, index) => {
      const joins = index >= slots.length;
      const host = `${joins ? "j" : "w"}${index + 1}`;
      const slot: JobWorkerSlot = {
        host,
        slots: count,
        slowness: slowness[index] ?? 1,
        joins,
        starts: 0,
        node: undefined as unknown as Node,
      };
      this.#start(slot, lowest);
      return slot;
    });
    this.servers = hosts.map((host, level) => {
      const workers = level < levels - 1
        ? [{ host: hosts[level + 1]!, port: PORT }]
        : this.workers.filter(({ joins }) => !joins).map(({ host }) => ({ host, port: PORT }));
      const machine = new ServerMachine({
        workers,
        workerTimeoutMs: 2000,
        maxLineBytes: DEFAULT_MAX_REQUEST_LINE_BYTES,
        allowsChanges: true,
        // That of the only module that there is.
        sha256: () => "5".repeat(64),
        facts: { role: "calc_server", cores: 2, platform: "simulated" },
        seed: this.dice.below(2 ** 31),
      });
      const node = new Node(this.network, { name: host, host, machine, port: PORT });
      this.network.add(node);
      return node;
    });
    for (const { node } of this.workers) node.start();
    for (const server of [...this.servers].reverse()) server.start();
    this.clock.runUntil(100);
  }

  /** The server that clients use. */
  get server(): Node {
    return this.servers[0]!;
  }

  /** Starts a worker again that has ended. */
  restart(slot: JobWorkerSlot): void {
    if (slot.node.isAlive) return;
    this.network.switchOff(slot.host, false);
    this.#start(slot, { host: this.servers.at(-1)!.host, port: PORT });
    slot.node.start();
  }

  /** A client that begins at once. */
  client(options: Partial<JobClientOptions>): ClientProcess {
    if (options.work !== undefined) this.work = options.work;
    const machine = new JobClient({
      server: { host: this.server.host, port: PORT },
      work: this.work,
      input: "range",
      count: 100,
      first: 1n,
      pieceLines: 100,
      credit: 1024 * 1024,
      digestMs: 0,
      ...options,
    });
    const name = `c${this.clients.length + 1}`;
    const node = new Node(this.network, { name, host: name, machine });
    const client = { node, machine };
    this.clients.push(client);
    node.start();
    return client;
  }

  /** Runs until a client's job is over. */
  runUntilDone(client: ClientProcess, withinMs = 120_000): void {
    const untilMs = this.clock.nowMs + withinMs;
    const isOver = () =>
      client.machine.isDone || client.machine.fault !== undefined || this.network.faults.length > 0;
    const isDone = this.clock.runUntilDone(isOver, untilMs, 5);
    if (!isDone) throw new AssertionError(`not done: ${client.machine.told} told; ${this.#jobs()}`);
  }

  /** Nothing went against the rules anywhere, and no job is left. */
  check(): void {
    this.clock.runUntil(this.clock.nowMs + 1000);
    assert(this.network.faults.length === 0, this.network.faults.join("\n"));
    for (const { node, host } of this.workers) {
      const fault = (node.machine as JobWorker).fault;
      assert(fault === undefined, `${host}: ${fault}`);
    }
    const jobs = this.#jobs();
    assert(jobs === "", jobs);
  }

  /** What the servers say of their jobs. */
  #jobs(): string {
    return this.servers.flatMap((server) => {
      const reply = this.ask(server, '{"op":"jobs"}');
      const { jobs } = JSON.parse(reply);
      return jobs.length === 0 ? [] : [reply];
    }).join("");
  }

  /** Asks a server something behind the network's back. */
  ask(server: Node, line: string): string {
    if (!server.isAlive) return '{"jobs":[]}';
    const connection = 1_000_000_000 + this.dice.below(1_000_000);
    const { machine, nowMs } = server;
    const bytes = new TextEncoder().encode(line + "\n");
    const effects = textEffects([
      ...machine.step({ kind: "accepted", connection, remote: "probe" }, nowMs),
      ...machine.step({ kind: "received", connection, bytes }, nowMs),
      ...machine.step({ kind: "closed", connection, reason: "probed" }, nowMs),
    ]);
    let text = "";
    const others = effects.filter((effect) => {
      if (!("connection" in effect) || effect.connection !== connection) return true;
      if (effect.kind === "write") text += effect.text;
      return false;
    });
    server.carryOut(others);
    return text;
  }

  #start(slot: JobWorkerSlot, server: { host: string; port: number }): void {
    slot.starts++;
    const { host, slots, slowness, joins } = slot;
    const instance = `${host}/${slot.starts}`;
    const setUp: WorkerMachineOptions = {
      join: joins ? [server] : [],
      name: host,
      instance,
      facts: { role: "worker", cores: 2, platform: "simulated", slots },
      seed: this.dice.below(2 ** 31),
      maxLineBytes: DEFAULT_MAX_REQUEST_LINE_BYTES,
    };
    const current = () => this.work;
    const machine = this.#playWorker?.(setUp) ?? new JobWorker({
      slots,
      slowness,
      work: {
        itemMs: (item) => this.work.itemMs(item),
        padding: (item) => this.work.padding(item),
        throws: (item) => this.work.throws(item),
        kills: (item) => this.work.kills(item),
        get reduces() {
          return current().reduces;
        },
      },
      inner: new WorkerMachine(setUp),
      ...(joins ? { join: { servers: [server], instance } } : {}),
      die: () => {
        const { node } = slot;
        this.clock.after(0, () => {
          if (slot.node !== node) return;
          node.kill();
          this.clock.after(300, () => this.restart(slot));
        });
      },
    });
    const base = { name: host, host, machine };
    slot.node = new Node(this.network, joins ? base : { ...base, port: PORT });
    this.network.add(slot.node);
  }
}
