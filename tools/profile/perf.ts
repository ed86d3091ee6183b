/**
 * Where the time of an executable goes, by Linux's perf: its runtime may know no profile of its own.
 *
 * @module
 */
import type { Programs, RoleName } from "../../bench/cluster/programs.ts";
import { commandOutput } from "../../bench/peers/command.ts";
import type { SelfTime } from "./self_times.ts";

/** Samples a second of a load that lasts, and of one start. */
const FREQUENCY = 997;
const START_FREQUENCY = 9973;
/** Longest name of a thread that Linux keeps. */
const MAX_THREAD_NAME = 15;

/** Programs of which one role is recorded into a folder. */
export function recorded(
  role: RoleName,
  folder: string,
  isStart: boolean,
  programs: Programs,
): Programs {
  let count = 0;
  return {
    ...programs,
    words: (name, ...args) => {
      const words = programs.words(name, ...args);
      if (name !== role) return words;
      const frequency = String(isStart ? START_FREQUENCY : FREQUENCY);
      const file = `${folder}/${count++}.perf`;
      return ["perf", "record", "--quiet", "-F", frequency, "-o", file, ...words];
    },
  };
}

/**
 * What the first thread of a role did, in which all that is ours runs, by where that code lies.
 *
 * @throws {Error} If perf is not there, or cannot record.
 */
export async function recordedTimes(role: RoleName, file: string): Promise<SelfTime[]> {
  const report = ["perf", "report", "-i", file, "--stdio", "--sort", "pid,dso"];
  const text = await commandOutput(report);
  if (text === undefined) throw new Error("Cannot take a profile of an executable: perf fails");
  return timesOf(role, text);
}

/** The same of perf's report. */
export function timesOf(role: RoleName, report: string): SelfTime[] {
  const name = role.slice(0, MAX_THREAD_NAME);
  const shares = new Map<string, number>();
  let total = 0;
  for (const line of report.split("\n")) {
    const [, percent, thread, place] = /^\s*([\d.]+)%\s+\d+:(.+?)\s{2,}(\S.*?)\s*$/.exec(line) ??
      [];
    if (thread !== name) continue;
    const part = partOf(role, place!);
    shares.set(part, (shares.get(part) ?? 0) + Number(percent));
    total += Number(percent);
  }
  return Array.from(shares, ([part, share]) => ({ name: part, place: "", share: share / total }))
    .toSorted((a, b) => b.share - a.share);
}

function partOf(role: RoleName, place: string): string {
  if (place.startsWith("[kernel")) return "system";
  if (place.startsWith("[JIT]")) return "compiled JavaScript and WebAssembly";
  return place === role ? "runtime, V8's interpreter and collector included" : "C library";
}
