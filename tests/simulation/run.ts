import type { CallingClient } from "./calling_client.ts";
import { Answers } from "./answers.ts";
import { Cluster, type WorkerSlot } from "./cluster.ts";
import { Ending } from "./ending.ts";
import { Faults } from "./faults.ts";
import { type Plan, planOf } from "./plan.ts";
import { drawLargest } from "./requests.ts";
import { RawClient } from "./raw_client.ts";
import { Shares } from "./shares.ts";
import { Trouble, Usability } from "./usability.ts";

/** How a run ended. */
export interface RunResult {
  readonly seed: number;
  /** What went against the rules; empty if all is well. */
  readonly faults: readonly string[];
  /** Identifies the run: the same seed gives the same. */
  readonly hash: string;
  /** Everything that happened, if it was wanted. */
  readonly lines: readonly string[];
  readonly requests: number;
  readonly replies: number;
  /** The longest time for a reply while a worker was usable. */
  readonly slowestMs: number;
  readonly steps: number;
  readonly virtualMs: number;
}

/** How a run is watched. */
export interface RunOptions {
  /** Whether its trace is kept as text. */
  readonly keepsTrace?: boolean;
  readonly plan?: Plan;
}

/** How long everything may take to become quiet once nothing goes wrong any more. */
const QUIET_WITHIN_MS = 90_000;
/** Their replies are some 10 kB each, and a server holds 4 MiB for one client. */
const HOG_REQUESTS = 450;
const HOG_TIMEOUT_MS = 60_000;
/** Ours that are dialled are missed after 3 heartbeats, dialled within 600 ms and greeted at once. */
const RECOVERY_MS = 5000;
/** Ours that dial wait up to 5 s between two dials. */
const JOIN_RECOVERY_MS = 12_000;

/** One run: a cluster under faults and load, then healed, then quiet, with everything checked. */
export class Run {
  readonly #plan: Plan;
  readonly #cluster: Cluster;
  readonly #faults: Faults;
  readonly #usability = new Usability();
  readonly #serverTroubles = new Trouble();
  readonly #answers: Answers;
  readonly #clients: CallingClient[] = [];
  readonly #rawClients: RawClient[] = [];

  /** A run that has not begun. */
  constructor(seed: number, options: RunOptions = {}) {
    const plan = this.#plan = options.plan ?? planOf(seed);
    this.#cluster = new Cluster({ ...plan, keepsTrace: options.keepsTrace ?? false });
    this.#faults = new Faults(this.#cluster, this.#usability);
    this.#answers = new Answers({
      plan,
      network: this.#cluster.network,
      shares: new Shares(this.#cluster),
      usability: this.#usability,
      servers: this.#serverTroubles,
      hogTimeoutMs: HOG_TIMEOUT_MS,
    });
    for (const slot of this.#cluster.workers) {
      const recoveryMs = slot.joins ? JOIN_RECOVERY_MS : RECOVERY_MS;
      this.#usability.add(slot.host, recoveryMs, slot.script === undefined);
      // Those that are dialled are waited for; those that dial may come a moment later.
      if (slot.joins) this.#usability.begin(slot.host, -20_000)(500 - JOIN_RECOVERY_MS);
    }
  }

  /** Does it all. */
  run(): RunResult {
    const { clock, network, trace, servers, workers } = this.#cluster;
    for (const node of [...servers, ...workers.map((slot) => slot.node)]) {
      node.latenessMs = this.#plan.latenessMs;
    }
    this.#cluster.start();
    this.#startClients();
    this.#planFaults();
    clock.runUntil(this.#plan.horizonMs);
    this.#faults.heal();
    this.#finish();
    const all = this.#clients.flatMap((client) => client.all);
    for (const asked of all) this.#answers.checkEnded(asked);
    return {
      seed: this.#plan.seed,
      faults: network.faults,
      hash: trace.hash,
      lines: trace.lines ?? [],
      requests: all.length + this.#rawClients.reduce((sum, { lines }) => sum + lines.length, 0),
      replies: this.#answers.count,
      slowestMs: this.#answers.slowestMs,
      steps: [...servers, ...workers.map((slot) => slot.node)]
        .reduce((sum, node) => sum + node.steps, 0),
      virtualMs: clock.nowMs,
    };
  }

  #startClients(): void {
    const { clock, dice, network, addresses } = this.#cluster;
    this.#plan.clients.forEach((plan, index) => {
      const name = `c${index + 1}`;
      this.#answers.clients.set(name, new Trouble());
      const client = this.#cluster.client({
        ...plan,
        name,
        ended: (asked) => this.#answers.ended(asked),
      });
      this.#clients.push(client);
      if (plan.leavesAtMs < Infinity) clock.at(plan.leavesAtMs, () => client.leave());
    });
    if (this.#plan.hasHog) this.#startHog();
    for (let index = 0; index < this.#plan.rawClients; index++) {
      const name = `r${index + 1}`;
      this.#answers.clients.set(name, new Trouble());
      const client = new RawClient(network, {
        name,
        server: addresses[0]!,
        lines: dice.between(1, 60),
        halfCloses: dice.chance(0.4),
        vanishes: dice.chance(0.15),
        replied: (line) => this.#answers.rawReplied(client, line),
      });
      this.#rawClients.push(client);
      clock.at(dice.next() * this.#plan.horizonMs, () => client.start());
    }
  }

  /** Its replies fill the systems' buffers and then the server's: it must be paused, and read on in time. */
  #startHog(): void {
    const { clock, dice } = this.#cluster;
    const name = `c${this.#clients.length + 1}`;
    this.#answers.clients.set(name, new Trouble());
    const hog = this.#cluster.client({
      name,
      requests: HOG_REQUESTS,
      window: HOG_REQUESTS,
      pauseMs: 20,
      givesUp: 0,
      timeoutMs: HOG_TIMEOUT_MS,
      draw: drawLargest,
      ended: (asked) => this.#answers.ended(asked),
    });
    this.#clients.push(hog);
    this.#answers.clients.get(name)!.begin(0);
    const sockets = () => [...hog.node.connections.values()];
    clock.at(30, () => sockets().forEach((socket) => socket.pause()));
    clock.at(30 + 4000 * dice.next(), () => sockets().forEach((socket) => socket.resume()));
  }

  #planFaults(): void {
    const { clock, dice, servers, workers } = this.#cluster;
    const { sheltered, horizonMs, workerFaults, serverFaults, clientFaults } = this.#plan;
    const exposed = workers.slice(sheltered);
    const sometime = (action: () => void) => clock.at(dice.next() * horizonMs, action);
    for (let count = 0; count < workerFaults && exposed.length > 0; count++) {
      const slot: WorkerSlot = dice.pick(exposed);
      sometime(() => this.#faults.ofWorker(slot));
    }
    for (let count = 0; count < serverFaults; count++) {
      sometime(() => {
        this.#serverTroubles.begin(clock.nowMs);
        this.#faults.ofServer(dice.pick(servers));
      });
    }
    for (let count = 0; count < clientFaults; count++) {
      const client = dice.pick([...this.#clients, ...this.#rawClients]);
      sometime(() => {
        if (!client.node.isAlive) return;
        this.#answers.clients.get(client.node.name)!.begin(clock.nowMs);
        this.#faults.ofClient(client.node);
      });
    }
  }

  /** Lets everything become quiet, and looks whether it is. */
  #finish(): void {
    const { clock, network } = this.#cluster;
    const clients = [...this.#clients, ...this.#rawClients];
    const isDone = () => clients.every((client) => client.isDone);
    if (!clock.runUntilDone(isDone, clock.nowMs + QUIET_WITHIN_MS)) {
      const late = clients.filter((client) => !client.isDone).map(({ node }) => node.name);
      network.fault(`${late.join(", ")} still wait for replies`);
    }
    for (const client of this.#rawClients) this.#answers.checkRaw(client);
    for (const client of clients) client.leave();
    // A hedge or a reply that nobody waits for may still be under way: a worker has 2 s for it.
    clock.runUntil(clock.nowMs + 6000);
    new Ending(this.#cluster).check();
  }
}
