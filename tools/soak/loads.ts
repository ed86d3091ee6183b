import { Random } from "../../src/scheduling/random.ts";
import { membersOf, rightMembers } from "../../tests/support/calculations.ts";
import { Load } from "../../tests/support/load.ts";
import type { Process } from "../../tests/support/process.ts";
import { startRole } from "../../tests/support/roles.ts";
import { pause } from "../../tests/support/waiting.ts";
import type { RoleProcess, SoakCluster } from "./cluster.ts";
import { ASKABLE } from "./kept.ts";

/** A worker that has left has no part in sums until it joins again. */
const SPLITS = [3, 4];
const WINDOW = 64;
/** Between halves of a window: some thousand requests a second, and time for the faults of others. */
const REST_MS = 8;
/** Lines that the batch is given at once, and how often. */
const BATCH_LINES = 50;
const BATCH_INTERVAL_MS = 25;
/** Requests of a client that comes and goes. */
const MAX_VISIT = 1000;

/** A steady connection, clients that come and go, and a client process with an endless batch; every reply is checked. */
export class Loads {
  readonly #cluster: SoakCluster;
  readonly #random: Random;
  readonly #current = new Set<Load>();
  readonly #batch: EndlessBatch;
  #isStopping = false;
  #finished = 0;
  #taken = 0;
  #longestPauseMs = 0;

  /** Loads on a cluster; the seed says how long visitors stay. */
  constructor(cluster: SoakCluster, seed: number) {
    this.#cluster = cluster;
    this.#random = new Random(seed + 2);
    this.#batch = new EndlessBatch(cluster.server.name);
  }

  /** Replies until now. */
  get requests(): number {
    let requests = this.#finished + this.#batch.answered;
    for (const load of this.#current) requests += load.answered;
    return requests;
  }

  /** The processes that ask. */
  processes(): RoleProcess[] {
    return [{ role: "client", process: this.#batch.process }];
  }

  /** What there was since the last time. */
  take(): { requests: number; longestPauseMs: number } {
    const { requests } = this;
    for (const load of this.#current) this.#notePause(load);
    const taken = { requests: requests - this.#taken, longestPauseMs: this.#longestPauseMs };
    this.#taken = requests;
    this.#longestPauseMs = 0;
    return taken;
  }

  /** Tells it to ask no more. */
  stop(): void {
    this.#isStopping = true;
    this.#batch.stop();
    for (const load of this.#current) load.stop();
  }

  /** Goes on until it is stopped and everything is answered. */
  async run(): Promise<void> {
    const parts = [this.#connection(WINDOW, Infinity), this.#visitors(), this.#batch.run()];
    try {
      await Promise.all(parts);
    } catch (error) {
      this.stop();
      await Promise.allSettled(parts);
      throw error;
    }
  }

  async #connection(window: number, count: number): Promise<void> {
    using connection = await this.#cluster.server.connect();
    const load = new Load(connection, { window, splits: SPLITS, restMs: REST_MS });
    this.#current.add(load);
    if (this.#isStopping) load.stop();
    try {
      const enough = load.more(count).then(() => load.stop(), () => {});
      await load.run();
      if (count !== Infinity && !this.#isStopping) await enough;
    } finally {
      this.#notePause(load);
      this.#current.delete(load);
      this.#finished += load.answered;
    }
  }

  async #visitors(): Promise<void> {
    while (!this.#isStopping) {
      await this.#connection(16, 1 + Math.floor(MAX_VISIT * this.#random.next()));
      await this.#hangUp();
    }
  }

  /** One that asks and goes before the replies come: nobody is told, and nobody may mind. */
  async #hangUp(): Promise<void> {
    using connection = await this.#cluster.server.connect();
    const count = Math.floor(MAX_VISIT * this.#random.next());
    const lines = Array.from({ length: count }, (_, k) => `{${membersOf(k)}}\n`);
    await connection.send(lines.join(""));
  }

  #notePause(load: Load): void {
    this.#longestPauseMs = Math.max(this.#longestPauseMs, load.takePauseMs());
  }
}

/** A client process with a batch whose input does not end before it is stopped. */
class EndlessBatch {
  /** Lines of output, all of them right. */
  answered = 0;
  readonly process: Process;
  #sent = 0;
  #isStopping = false;

  constructor(server: string) {
    const stdin = new ReadableStream<Uint8Array>({ pull: (controller) => this.#feed(controller) });
    this.process = startRole("client", ["--batch", "--server", server], { stdin, ...ASKABLE });
  }

  stop(): void {
    this.#isStopping = true;
  }

  async run(): Promise<void> {
    await using process = this.process;
    let pending = "";
    while (!process.stdout.isEnded || process.stdout.text !== "") {
      const lines = (pending + process.stdout.take()).split("\n");
      pending = lines.pop() ?? "";
      for (const line of lines) this.#check(line);
      await pause(BATCH_INTERVAL_MS);
    }
    const { code } = await process.status;
    await process.stderr.ended;
    if (code !== 0 || pending !== "" || this.answered !== this.#sent) {
      const counts = `${this.answered} of ${this.#sent} lines`;
      throw new Error(`the batch ended with ${code}, ${counts}: ${process.stderr.text}`);
    }
  }

  async #feed(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    if (this.#isStopping) return controller.close();
    await pause(BATCH_INTERVAL_MS);
    let text = "";
    for (let k = 0; k < BATCH_LINES; k++) text += `{"id":"x",${membersOf(this.#sent++)}}\n`;
    controller.enqueue(new TextEncoder().encode(text));
  }

  #check(line: string): void {
    const k = this.answered++;
    if (SPLITS.some((workers) => line === `{"id":"x",${rightMembers(k, workers)}}`)) return;
    throw new Error(`line ${k + 1} of the batch, {${membersOf(k)}}, was answered ${line}`);
  }
}
