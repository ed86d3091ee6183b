import { pause } from "../../tests/support/waiting.ts";
import type { RoleProcess } from "./cluster.ts";

const SAMPLE_INTERVAL_MS = 1000;
/** Samples of one minute: growth is measured from the second minute to the last. */
const MINUTE = 60;
const MAX_GROWTH = 0.1;
const MEBIBYTE = 1024 * 1024;

/** Resident memory of a process, sampled every second. */
interface Samples {
  readonly role: string;
  readonly bytes: number[];
}

/** Watches the resident memory of every role. */
export class Memory {
  /** What every role had at the start. */
  firstText = "";
  /** What every role has now. */
  text = "";
  readonly #processes: () => RoleProcess[];
  readonly #samples = new Map<number, Samples>();
  #current: readonly RoleProcess[] = [];
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

  /**
   * How every process that lived since the second minute has grown since, and who has grown too much. What a
   * process has goes up and down between two collections of garbage, for a worker by more than 10 %; whoever keeps
   * what it does not need moves the peaks as well.
   */
  growth(): { lines: string[]; failures: string[] } {
    if (this.#rounds < 3 * MINUTE) {
      return {
        lines: ["too short to say whether memory grows: that takes 3 minutes"],
        failures: [],
      };
    }
    const lines: string[] = [];
    const failures: string[] = [];
    for (const { role, pid } of this.#current) {
      const { bytes } = this.#samples.get(pid)!;
      // One that was started again has no second minute to be compared with.
      if (bytes.length < this.#rounds - 1) continue;
      const second = bytes.slice(MINUTE, 2 * MINUTE);
      const last = bytes.slice(-MINUTE);
      const growth = Math.max(...last) / Math.max(...second) - 1;
      const text = `${role} had ${range(second)} in the second minute, and ${range(last)} in the ` +
        `last: its peak grew by ${(100 * growth).toFixed(1)} %`;
      lines.push(text);
      if (growth > MAX_GROWTH) failures.push(text);
    }
    return { lines, failures };
  }

  async #look(): Promise<void> {
    this.#rounds++;
    this.#current = this.#processes();
    const texts: string[] = [];
    for (const { role, pid } of this.#current) {
      const bytes = await residentBytes(pid);
      // It has just ended.
      if (bytes === undefined) continue;
      let samples = this.#samples.get(pid);
      if (samples === undefined) this.#samples.set(pid, samples = { role, bytes: [] });
      samples.bytes.push(bytes);
      texts.push(`${role} ${mebibytes(bytes)} MiB`);
    }
    const pids = new Set(this.#current.map(({ pid }) => pid));
    for (const pid of this.#samples.keys()) if (!pids.has(pid)) this.#samples.delete(pid);
    this.text = texts.join(", ");
    // At the very first look some have hardly begun.
    if (this.#rounds <= 2) this.firstText = this.text;
  }
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

/** The lowest, the middle and the highest of some values. */
function range(values: readonly number[]): string {
  const sorted = values.toSorted((one, other) => one - other);
  const shown = [0, Math.floor(sorted.length / 2), sorted.length - 1];
  return `${shown.map((index) => mebibytes(sorted[index] ?? NaN)).join(" / ")} MiB`;
}

function mebibytes(bytes: number): string {
  return (bytes / MEBIBYTE).toFixed(1);
}
