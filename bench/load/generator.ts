import { Child } from "../cluster/child.ts";
import type { Regime } from "../cluster/regime.ts";
import { denoScript } from "../paths.ts";
import type { Job, JobResult } from "./job.ts";

/** Descriptors for two connections a client at the raw relay with the most clients, and some more. */
export const MANY_FILES = 20_000;
/** How long a job may take beyond its own time. */
const PATIENCE_MS = 60_000;

/** The load generator, in a process of its own. */
export class Generator implements AsyncDisposable {
  readonly #child: Child;
  readonly #writer: WritableStreamDefaultWriter<Uint8Array>;

  /** Starts it. It may have many connections. */
  constructor(regime: Regime, maxOpenFiles?: number) {
    const words = regime.words(denoScript("bench/load/main.ts"), maxOpenFiles);
    this.#child = new Child(words, { stdin: "piped" });
    this.#writer = this.#child.stdin.getWriter();
  }

  /** Its number in the system. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Runs a job, and gives what came of it, whatever that is. */
  async run(job: Job): Promise<JobResult> {
    await this.#writer.write(new TextEncoder().encode(JSON.stringify(job) + "\n"));
    return JSON.parse(await this.#child.line(job.warmUpMs + job.durationMs + PATIENCE_MS));
  }

  /** Ends it. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#writer.close().catch(() => {});
    await this.#child[Symbol.asyncDispose]();
  }
}

/**
 * Refuses a result with replies that are not right: a benchmark of wrong replies measures nothing.
 *
 * @throws {Error} If a reply failed or was wrong.
 */
export function requireRight(result: JobResult): JobResult {
  const { failed, wrong, good, examples } = result;
  if (failed === 0 && wrong === 0 && good > 0) return result;
  throw new Error(
    `Cannot count this: ${good} right replies, ${failed} failed, ${wrong} wrong: ${examples[0]}`,
  );
}
