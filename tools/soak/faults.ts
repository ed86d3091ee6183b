import { Random } from "../../src/scheduling/random.ts";
import { pause, until } from "../../tests/support/waiting.ts";
import type { SoakCluster, SoakWorker } from "./cluster.ts";

/** The longest rest between two faults of one kind of disturber. */
const MAX_REST_MS = 2000;
/** How long a worker is stopped, at most: some are suspect then, and some are down. */
const MAX_STOP_MS = 4500;

/** Disturbs a worker, and gives when it works again. */
type Fault = (worker: SoakWorker, random: Random) => Promise<void>;

/**
 * Two disturbers, each with two workers of its own, of which it disturbs one at a time: so two of the four live
 * at any time. The first worker is never ended: its memory can be compared.
 */
export class Faults {
  /** Faults that were begun. */
  count = 0;
  readonly #cluster: SoakCluster;
  readonly #seed: number;
  #isStopping = false;

  /** Faults that are chosen by a seed. */
  constructor(cluster: SoakCluster, seed: number) {
    this.#cluster = cluster;
    this.#seed = seed;
  }

  /** Tells it to begin no more. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Goes on until it is stopped and every worker is well. */
  async run(): Promise<void> {
    const [one, two, three, joined] = this.#cluster.workers;
    const disturbers = [[one!, two!], [three!, joined!]].map((workers, place) =>
      this.#disturb(workers, new Random(this.#seed + place)).finally(() => this.stop())
    );
    // The other one leaves everybody well, too, before the first failure counts.
    await Promise.allSettled(disturbers);
    await Promise.all(disturbers);
  }

  async #disturb(workers: readonly SoakWorker[], random: Random): Promise<void> {
    while (!this.#isStopping) {
      await pause(MAX_REST_MS * random.next());
      const worker = pick(workers, random);
      const isKept = worker === this.#cluster.workers[0];
      const fault = pick(isKept ? this.#harmless : [...this.#harmless, ...this.#deadly], random);
      this.count++;
      await fault(worker, random);
      await this.#isBack(worker);
    }
  }

  readonly #harmless: readonly Fault[] = [
    async (worker, random) => {
      worker.process.kill("SIGSTOP");
      try {
        await pause(MAX_STOP_MS * random.next());
      } finally {
        worker.process.kill("SIGCONT");
      }
    },
    async (worker, random) => {
      await this.#ask("drain", worker);
      await pause(MAX_REST_MS * random.next());
      await this.#ask("undrain", worker);
    },
  ];

  readonly #deadly: readonly Fault[] = [
    async (worker) => {
      worker.process.kill("SIGKILL");
      await worker.process.status;
      await worker.restart();
    },
    async (worker) => {
      worker.process.kill("SIGTERM");
      const { code } = await worker.process.outcome();
      if (code !== 0) throw new Error(`${worker.name} ended with ${code} after SIGTERM`);
      await worker.restart();
    },
  ];

  async #ask(op: "drain" | "undrain", worker: SoakWorker): Promise<void> {
    const line = JSON.stringify({ op, worker: worker.name });
    const reply = await this.#cluster.server.ask(line);
    if (!reply.startsWith('{"ok":true')) throw new Error(`${op} of ${worker.name}: ${reply}`);
  }

  /** It is connected again; whether it is trusted already is up to the server. */
  async #isBack({ name }: SoakWorker): Promise<void> {
    await until(`${name} to be back`, async () => {
      const { workers } = await this.#cluster.server.status();
      const state = workers.find((worker) => worker.name === name)?.state ?? "gone";
      return /^(?:up|probation|suspect)$/.test(state);
    });
  }
}

function pick<T>(items: readonly T[], random: Random): T {
  return items[Math.floor(items.length * random.next())]!;
}
