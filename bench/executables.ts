/**
 * Measures the executables: size, start-up time, memory at rest. Prints a Markdown table on stdout.
 *
 * ```sh
 * deno run -A bench/executables.ts                 # those of dist/, 15 starts of each
 * deno run -A bench/executables.ts --runs 3 DIR    # those of another folder, fewer starts
 * ```
 *
 * Start-up time is the median time from the start of the process to the line that says that it listens; for
 * the client, to the end of `--version`. Memory is what the process occupies (resident set) when it has been
 * idle for half a second; for the client, with a batch of which nothing has come yet.
 *
 * @module
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "@std/cli/parse-args";

/** How one executable is measured. */
interface Subject {
  readonly name: string;
  /** The arguments with which its start is timed. */
  readonly args: readonly string[];
  /** The arguments with which it stays. */
  readonly restArgs: readonly string[];
}

/** Nobody answers at a port of 1, and nobody is asked. */
const NOWHERE = "127.0.0.1:1";

const SUBJECTS: readonly Subject[] = [
  { name: "worker", args: ["--port", "0"], restArgs: ["--port", "0"] },
  {
    name: "calc_server",
    args: ["--port", "0", "--workers", NOWHERE],
    restArgs: ["--port", "0", "--workers", NOWHERE],
  },
  { name: "client", args: ["--version"], restArgs: ["--batch"] },
];

const REST_MS = 500;
const SUFFIX = Deno.build.os === "windows" ? ".exe" : "";

if (import.meta.main) {
  const flags = parseArgs(Deno.args, { string: ["runs"], default: { runs: "15" } });
  const folder = String(flags._[0] ?? fileURLToPath(new URL("../dist", import.meta.url)));
  await printTable(folder, Number(flags.runs));
}

async function printTable(folder: string, runs: number): Promise<void> {
  const rows = [
    "| executable | size | start-up | memory at rest |",
    "| ---------- | ---- | -------- | -------------- |",
  ];
  for (const subject of SUBJECTS) {
    const file = `${folder}/${subject.name}${SUFFIX}`;
    const { size } = await Deno.stat(file);
    const startMs: number[] = [];
    // The first start finds the file not yet in the system's cache, and does not count.
    for (let run = 0; run <= runs; run++) startMs.push(await timeStart(file, subject.args));
    const bytes = await restingBytes(file, subject.restArgs);
    const cells = [
      `\`${subject.name}\``,
      `${Math.round(size / 1e6)} MB`,
      `${Math.round(median(startMs.slice(1)))} ms`,
      bytes === undefined ? "-" : `${Math.round(bytes / 1e6)} MB`,
    ];
    rows.push(`| ${cells.join(" | ")} |`);
  }
  const { os, arch } = Deno.build;
  rows.push(
    "",
    `(${os} ${arch}, ${navigator.hardwareConcurrency} cores, median of ${runs} starts)`,
  );
  // deno-lint-ignore no-console -- this is a tool, and the table is what it is for
  console.log(rows.join("\n"));
}

/** The time from the start to the first output, in milliseconds. */
async function timeStart(file: string, args: readonly string[]): Promise<number> {
  const startedMs = performance.now();
  const child = spawn(file, args);
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  const elapsedMs = performance.now() - startedMs;
  reader.releaseLock();
  await end(child);
  if (value === undefined) throw new Error(`Cannot measure "${file}": it printed nothing`);
  return elapsedMs;
}

/** What the idle process occupies, in bytes; `undefined` on a system that does not say so. */
async function restingBytes(file: string, args: readonly string[]): Promise<number | undefined> {
  if (Deno.build.os === "windows") return undefined;
  const child = spawn(file, args);
  await new Promise((resolve) => setTimeout(resolve, REST_MS));
  const { stdout } = await new Deno.Command("ps", { args: ["-o", "rss=", "-p", `${child.pid}`] })
    .output();
  await end(child);
  const kibibytes = Number(new TextDecoder().decode(stdout));
  return kibibytes > 0 ? kibibytes * 1024 : undefined;
}

function spawn(file: string, args: readonly string[]): Deno.ChildProcess {
  return new Deno.Command(file, {
    args: [...args],
    stdin: "piped",
    stdout: "piped",
    stderr: "null",
  }).spawn();
}

async function end(child: Deno.ChildProcess): Promise<void> {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended by itself.
  }
  await child.status;
  await child.stdout.cancel();
  await child.stdin.abort().catch(() => {});
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  const middle = sorted.length >> 1;
  if (sorted.length % 2 === 1) return sorted[middle]!;
  return (sorted[middle - 1]! + sorted[middle]!) / 2;
}
