import type { Suite } from "../aims.ts";
import type { RegimeName } from "../cluster/regime.ts";
import type { Figure } from "../measure/figure.ts";
import type { Size } from "../scenarios/scenario.ts";

/** One run of the benchmark, as it is kept in bench/results/. */
export interface Result {
  /** Of this shape. */
  readonly version: 1;
  readonly suite: Suite;
  /** When it began, in UTC. */
  readonly date: string;
  readonly machine: Machine;
  /** The commit of the sources, with a `+` behind it if files were changed; absent where that is not known. */
  readonly commit?: string;
  /** The Deno that ran the benchmark, the floor and the sources. */
  readonly deno: string;
  /** The builds that were measured, with the Deno that each runs on. */
  readonly builds: Readonly<Record<string, string>>;
  readonly regime: RegimeName;
  readonly size: Size;
  /** Rounds; a scenario that is slow and steady may take fewer. */
  readonly pairs: number;
  /** How long each load counted, in milliseconds. */
  readonly sampleMs: number;
  /** The peers that were measured: what a subject of the figures is called, with its version. */
  readonly peers: Readonly<Record<string, string>>;
  /** What was not measured, and why. */
  readonly missing: readonly string[];
  readonly figures: readonly Figure[];
}

/** Where it was measured. */
export interface Machine {
  readonly system: string;
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  /** What the system says of its load of the last minute, before we began. */
  readonly loadBefore: number;
}

/** The commit of the project's sources. */
export async function commitOf(folder: string): Promise<string | undefined> {
  const git = async (...args: readonly string[]) => {
    const { success, stdout } = await new Deno.Command("git", { args: [...args], cwd: folder })
      .output();
    return success ? new TextDecoder().decode(stdout).trim() : undefined;
  };
  const commit = await git("rev-parse", "--short", "HEAD").catch(() => undefined);
  if (commit === undefined) return undefined;
  const changed = await git("status", "--porcelain", "--untracked-files=no");
  return changed === "" ? commit : `${commit}+`;
}

/** Whether so much else ran on a machine that its figures say little. */
export function isBusy({ loadBefore, cores }: Machine): boolean {
  return loadBefore > cores / 2;
}

/** This machine, now. */
export function thisMachine(): Machine {
  const { os, arch } = Deno.build;
  return {
    system: `${os} ${arch} ${Deno.osRelease()}`,
    processor: processorName(),
    cores: navigator.hardwareConcurrency,
    memoryGb: Math.round(Deno.systemMemoryInfo().total / 1e9),
    loadBefore: Deno.loadavg()[0]!,
  };
}

function processorName(): string {
  try {
    const text = Deno.readTextFileSync("/proc/cpuinfo");
    return /^model name\s*: (.+)$/m.exec(text)?.[1] ?? "unknown";
  } catch {
    return "unknown";
  }
}

/** A result as text. Numbers keep five digits: more is noise. */
export function encodeResult(result: Result): string {
  const rounded = (_key: string, value: unknown) =>
    typeof value === "number" && !Number.isInteger(value) ? Number(value.toPrecision(5)) : value;
  const text = JSON.stringify(result, rounded, 2);
  // A list of samples is one line.
  return text.replaceAll(
    /\[\s+([-\d.e,\s]+?)\s+\]/g,
    (_all, list) => `[${list.replaceAll(/\s+/g, " ")}]`,
  ) + "\n";
}

/**
 * A result from text.
 *
 * @throws {Error} If it is of another shape.
 */
export function decodeResult(text: string): Result {
  const result: Result = JSON.parse(text);
  if (result.version !== 1) throw new Error(`Cannot read a result of version "${result.version}"`);
  return result;
}

/** What the files of a result are called, but for their endings. */
export function nameOf({ date, suite }: Pick<Result, "date" | "suite">): string {
  return date.slice(0, 10) + (suite === "requests" ? "" : `-${suite}`);
}

/** The newest result of a suite in a folder, by its name; `undefined` if there is none. */
export async function latestResult(folder: string, suite: Suite): Promise<Result | undefined> {
  const names: string[] = [];
  try {
    for await (const { name } of Deno.readDir(folder)) {
      const date = /^(\d{4}-\d\d-\d\d).*\.json$/.exec(name)?.[1];
      if (date !== undefined && name === `${nameOf({ date, suite })}.json`) names.push(name);
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  const newest = names.sort().at(-1);
  return newest === undefined
    ? undefined
    : decodeResult(await Deno.readTextFile(`${folder}/${newest}`));
}
