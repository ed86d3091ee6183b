import { pause } from "../../tests/support/waiting.ts";
import type { Process } from "../../tests/support/process.ts";
import type { RoleProcess } from "./cluster.ts";
import { askKept, type Kept } from "./kept.ts";

const SAMPLE_INTERVAL_MS = 1000;
const MAX_GROWTH = 0.1;
/** Who has been there for fewer looks has not yet loaded what he will use, and is not compared. */
const MIN_LOOKS = 5;
const MEBIBYTE = 1024 * 1024;

/** Watches the resident memory of every role, and finds who keeps more and more. */
export class Memory {
  /** What every role had at the start. */
  firstText = "";
  /** What every role has now. */
  text = "";
  readonly #processes: () => RoleProcess[];
  readonly #kept = new WeakMap<Process, Kept>();
  /** How often each process was there. */
  readonly #looks = new WeakMap<Process, number>();
  #rounds = 0;
  #isStopping = false;

  /** Watches the processes that there are at each look. */
  constructor(processes: () => RoleProcess[]) {
    this.#processes = processes;
  }

  /** Tells it to look no more. */
  stop(): void {
    this.#isStopping = true;
  }

  /** Looks every second until it is stopped. */
  async run(): Promise<void> {
    while (!this.#isStopping) {
      await this.#look();
      await pause(SAMPLE_INTERVAL_MS);
    }
  }

  /** Asks everybody who has been at work for a while what he keeps, to be compared with what he will keep. */
  async compareFromNow(): Promise<void> {
    await Promise.all(
      this.#processes().map(async ({ process }) => {
        if ((this.#looks.get(process) ?? 0) < MIN_LOOKS) return;
        const kept = await askKept(process);
        if (kept !== undefined) this.#kept.set(process, kept);
      }),
    );
  }

  /** How those have grown that have lived since {@linkcode compareFromNow}. */
  async growth(): Promise<Growth[]> {
    const asked = this.#processes().map(async ({ role, process }) => {
      const first = this.#kept.get(process);
      // One that was started again has nothing to be compared with.
      const last = first && await askKept(process);
      return first === undefined || last === undefined ? [] : [{ role, first, last }];
    });
    return (await Promise.all(asked)).flat();
  }

  async #look(): Promise<void> {
    this.#rounds++;
    const looks = this.#processes().map(async ({ role, process }) => {
      this.#looks.set(process, (this.#looks.get(process) ?? 0) + 1);
      const bytes = await residentBytes(process.pid);
      // It has just ended.
      return bytes === undefined ? [] : [`${role} ${mebibytes(bytes)} MiB`];
    });
    this.text = (await Promise.all(looks)).flat().join(", ");
    // At the very first look some have hardly begun.
    if (this.#rounds <= 2) this.firstText = this.text;
  }
}

/** What a process kept, asked twice. */
export interface Growth {
  /** The role that it plays. */
  readonly role: string;
  /** When it was asked for the first time. */
  readonly first: Kept;
  /** When it was asked for the last time. */
  readonly last: Kept;
}

/**
 * Says how processes have grown, and which of them have grown too much.
 *
 * What a process has under load says nothing of that: garbage lies until there are some megabytes of it (each
 * number that is written for the first time leaves a text in the engine's cache, which outlives the young
 * generation), and the young generation is made larger and smaller. Whoever keeps nothing goes up and down by tens
 * of per cent, over minutes. What is left when all garbage has been collected is the same within 2 %, whether a
 * worker has answered a thousand requests or millions. Its heap is a tenth of it, and shows the least leak.
 */
export function judgeGrowth(growths: readonly Growth[]): { lines: string[]; failures: string[] } {
  const lines: string[] = [];
  const failures: string[] = [];
  for (const { role, first, last } of growths) {
    const memory = last.rss / first.rss - 1;
    const heap = last.heapUsed / first.heapUsed - 1;
    const line = `${role} kept ${mebibytes(first.rss)} MiB after the first minute, and ` +
      `${mebibytes(last.rss)} MiB at the end: ${percent(memory)}; in its heap ` +
      `${mebibytes(first.heapUsed)} and ${mebibytes(last.heapUsed)} MiB: ${percent(heap)}`;
    lines.push(line);
    if (Math.max(memory, heap) > MAX_GROWTH) failures.push(`it grew too much: ${line}`);
  }
  return { lines, failures };
}

/** What the system says that a process has in memory; `undefined` if it has ended. */
async function residentBytes(pid: number): Promise<number | undefined> {
  if (Deno.build.os === "linux") {
    try {
      const text = await Deno.readTextFile(`/proc/${pid}/status`);
      return 1024 * Number(/^VmRSS:\s+(\d+) kB$/m.exec(text)?.[1] ?? NaN) || undefined;
    } catch {
      return undefined;
    }
  }
  const ps = new Deno.Command("ps", { args: ["-o", "rss=", "-p", String(pid)], stderr: "null" });
  return 1024 * Number(new TextDecoder().decode((await ps.output()).stdout)) || undefined;
}

function percent(growth: number): string {
  return `${growth < 0 ? "" : "+"}${(100 * growth).toFixed(1)} %`;
}

function mebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1);
}
