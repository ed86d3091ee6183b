import { Dice } from "./dice.ts";
import { type ClientProcess, JobCluster, type JobWorkerSlot } from "./job_cluster.ts";
import { POISON_DEATHS } from "../../src/limits.ts";
import type { JobFunction } from "./job_function.ts";

/** How a run of jobs ended. */
export interface JobRunResult {
  readonly seed: number;
  /** What went against the rules; empty if all is well. */
  readonly faults: readonly string[];
  readonly hash: string;
  readonly lines: readonly string[];
  /** Positions that clients were told of. */
  readonly told: number;
  readonly virtualMs: number;
}

const FAULTS = [
  "kill",
  "power cut",
  "hang",
  "block",
  "reset",
  "vanish",
  "drain",
  "terminate",
  "slow",
] as const;

/** Everything must be over so long after all is healed. */
const WITHIN_MS = 100_000;

/** One run: jobs over workers that come and go, then healed, then every result looked at. */
export class JobRun {
  readonly #cluster: JobCluster;
  readonly #dice: Dice;
  readonly #seed: number;
  readonly #horizonMs: number;
  readonly #hasKiller: boolean;
  #toleratesCrashes = false;
  readonly #repairs: (() => void)[] = [];
  readonly #excused = new Set<ClientProcess>();

  /** A run that has not begun. */
  constructor(seed: number, keepsTrace = false) {
    const dice = this.#dice = new Dice(seed * 104_729 + 31);
    this.#seed = seed;
    this.#horizonMs = dice.between(300, 4000);
    const slots = Array.from({ length: dice.between(1, 4) }, () => dice.pick([1, 1, 2, 4]));
    const joins = dice.chance(0.4) ? dice.between(1, 2) : 0;
    const joinedSlots = Array.from({ length: joins }, () => dice.pick([1, 2]));
    const slowness = [...slots, ...joinedSlots].map(() => dice.pick([1, 1, 1, 2, 5, 20]));
    this.#cluster = new JobCluster({
      seed,
      slots,
      joinedSlots,
      slowness,
      levels: dice.chance(0.2) ? 2 : 1,
      keepsTrace,
      network: { capacityBytes: dice.pick([1024, 8192, 65536]), jitterMs: dice.pick([0.5, 5]) },
    });
    const killer = dice.chance(0.15) ? BigInt(dice.between(1, 100)) : -1n;
    this.#hasKiller = killer > 0n;
    const slowest = Math.max(...slowness);
    this.#cluster.work = drawWork(dice, killer, slowest > 5 ? 2 : 20);
  }

  /** Does it all. */
  run(): JobRunResult {
    const { clock, network, trace, clients } = this.#cluster;
    this.#startClients();
    const faults = this.#dice.between(0, 5);
    this.#toleratesCrashes = faults + (this.#hasKiller ? POISON_DEATHS - 1 : 0) >= POISON_DEATHS;
    for (let count = faults; count > 0; count--) {
      clock.at(100 + this.#horizonMs * this.#dice.next(), () => this.#fault());
    }
    clock.runUntil(100 + this.#horizonMs);
    this.#heal();
    const isOver = () => clients.every(({ machine }) => machine.isDone);
    if (!clock.runUntilDone(isOver, clock.nowMs + WITHIN_MS)) {
      network.fault(`not done: ${clients.map(({ machine }) => machine.told)}`);
    }
    for (const client of clients) this.#judge(client);
    try {
      this.#cluster.check();
    } catch (error) {
      if (network.faults.length === 0) network.fault(String(error));
    }
    return {
      seed: this.#seed,
      faults: network.faults,
      hash: trace.hash,
      lines: trace.lines ?? [],
      told: clients.reduce((sum, { machine }) => sum + machine.told, 0),
      virtualMs: clock.nowMs,
    };
  }

  #startClients(): void {
    const { clock } = this.#cluster;
    const dice = this.#dice;
    for (let count = dice.weighted([[6, 1], [3, 2], [1, 3]]); count > 0; count--) {
      const options = {
        input: dice.pick(["range", "items"] as const),
        count: dice.pick([1, 7, 60, 200, 400]),
        first: dice.chance(0.1) ? 2n ** 53n - 20n : 1n,
        pieceLines: dice.pick([1, 3, 50, 200]),
        credit: dice.pick([1, 300, 5000, 1024 * 1024]),
        digestMs: dice.pick([0, 0, 0, 3, 30]),
      };
      const leaves = dice.chance(0.1);
      const cancels = dice.chance(0.05);
      const atMs = this.#horizonMs * dice.next();
      clock.at(100 + dice.pick([0, 0, atMs / 2]), () => {
        const client = this.#cluster.client(options);
        client.machine.toleratesCrashes = this.#toleratesCrashes;
        if (leaves || cancels) {
          clock.after(atMs, () => leaves ? this.#leave(client) : this.#cancel(client));
        }
      });
    }
  }

  #leave(client: ClientProcess): void {
    this.#excused.add(client);
    client.node.kill();
    client.machine.isDone = true;
  }

  #cancel(client: ClientProcess): void {
    if (client.machine.name === "" || client.machine.isDone) return;
    this.#excused.add(client);
    const line = JSON.stringify({ op: "cancel", job: client.machine.name });
    this.#cluster.ask(this.#cluster.server, line);
  }

  #fault(): void {
    const { dice, workers, clock, network, trace, servers } = this.#cluster;
    const slot = dice.pick(workers);
    const fault = dice.pick(FAULTS);
    const { node } = slot;
    if (!node.isAlive) return;
    trace.note(clock.nowMs, "****", `${slot.host}: ${fault}`);
    const ms = 20 * (300 ** dice.next());
    switch (fault) {
      case "kill":
        node.kill();
        return this.#later(ms, () => this.#cluster.restart(slot));
      case "power cut":
        node.kill(true);
        network.switchOff(slot.host, true);
        return this.#later(ms, () => this.#cluster.restart(slot));
      case "hang":
        node.hang();
        return this.#later(ms, () => node.goOn());
      case "block":
        return network.block(slot.host, servers.at(-1)!.host, clock.nowMs + ms);
      case "reset":
      case "vanish": {
        const sockets = [...node.connections.values()];
        if (sockets.length === 0) return;
        dice.pick(sockets).reset(
          1 + 20 * dice.next(),
          fault === "reset" ? 20 * dice.next() : Infinity,
        );
        return;
      }
      case "drain":
        this.#drain(slot, "drain");
        return this.#later(ms, () => this.#drain(slot, "undrain"));
      case "terminate":
        node.post(() => node.step({ kind: "stop" }));
        return this.#later(ms, () => {
          node.kill();
          this.#cluster.restart(slot);
        });
      case "slow":
        node.stepMs = dice.between(1, 40);
        return this.#later(ms, () => node.stepMs = 0);
    }
  }

  #drain(slot: JobWorkerSlot, op: string): void {
    const worker = slot.joins ? slot.host : `${slot.host}:5000`;
    this.#cluster.ask(this.#cluster.servers.at(-1)!, JSON.stringify({ op, worker }));
  }

  #later(ms: number, repair: () => void): void {
    let isDone = false;
    const once = () => {
      if (isDone) return;
      isDone = true;
      repair();
    };
    this.#repairs.push(once);
    this.#cluster.clock.after(ms, once);
  }

  #heal(): void {
    const { clock, network, trace } = this.#cluster;
    trace.note(clock.nowMs, "****", "heal");
    network.unblock();
    for (const repair of this.#repairs) repair();
  }

  /** Every position once, in order, with the right outcome; only what kills is blamed for a crash. */
  #judge(client: ClientProcess): void {
    const { network } = this.#cluster;
    const { machine, node } = client;
    if (machine.fault !== undefined) network.fault(`${node.name}: ${machine.fault}`);
    if (this.#excused.has(client)) return;
    const { failure, told, count } = machine;
    if (failure !== undefined) network.fault(`${node.name}: its job failed: ${failure}`);
    else if (told !== count) network.fault(`${node.name} was told of ${told} of ${count}`);
  }
}

function drawWork(dice: Dice, killer: bigint, mostMs: number): JobFunction {
  const baseMs = dice.pick([0.1, 1, mostMs / 4, mostMs]);
  const slowItem = BigInt(dice.between(1, 100));
  const slowMs = dice.chance(0.2) ? dice.pick([300, mostMs * 150]) : baseMs;
  const thrower = dice.chance(0.3) ? BigInt(dice.between(2, 30)) : 0n;
  const padding = dice.weighted([[8, 0], [1, 2000], [1, 300_000]]);
  const reduces = dice.chance(0.2) && thrower === 0n;
  return {
    itemMs: (item) => item === slowItem ? slowMs : baseMs,
    padding: (item) => item % 97n === 5n ? padding : 0,
    throws: (item) => thrower > 0n && item % thrower === 1n,
    kills: (item) => item === killer,
    reduces,
  };
}
