import { assert, assertEquals } from "@std/assert";
import { childrenOf, isGone } from "./children.ts";
import type { Server } from "./cluster.ts";
import type { Process } from "./process.ts";
import { until } from "./waiting.ts";

/**
 * Five milliseconds an item, of which each is printed: with its position, and the machine that calculates it. A slot
 * may print so often, and no more.
 */
export const TRACED = `export function map(x) {
  console.log("saw");
  for (const end = performance.now() + 5; performance.now() < end;);
  return x * x;
}
`;

/** What {@linkcode TRACED} gives for the numbers from 1 to `count`. */
export function squares(count: number): string {
  return Array.from({ length: count }, (_, index) => `${(index + 1) ** 2}\n`).join("");
}

/** Who calculated which position, as far as a client was told, in the order in which it was. */
export function tracesOf(stderr: string): { worker: string; position: number }[] {
  return Array.from(
    stderr.matchAll(/^\[(.+) · (\d+)\] saw$/gm),
    ([, worker, position]) => ({ worker: worker!, position: Number(position) }),
  );
}

/** Positions that one machine calculated, and another one as well: what was lost on the way, or not waited for. */
export function doneAgain(stderr: string, name: string): number[] {
  const traces = tracesOf(stderr);
  const others = new Set(
    traces.filter(({ worker }) => worker !== name).map(({ position }) => position),
  );
  return traces.filter(({ worker, position }) => worker === name && others.has(position))
    .map(({ position }) => position);
}

/**
 * What a machine had when it was lost is given to others at once, and not when nothing else is left to be done:
 * the first half of the input, in which it was lost, is over before the last number is begun.
 */
export function assertTakenOver(stderr: string, count: number): void {
  const positions = tracesOf(stderr).map(({ position }) => position);
  const end = positions.indexOf(count);
  assert(end >= 0, "the last number is seen");
  const late = positions.filter((position) => {
    return position <= count / 2 && positions.indexOf(position) > end;
  });
  assertEquals(late, [], "nothing is left until the end");
}

/** Waits until a client has seen each of these machines calculate. */
export async function untilAllWork(client: Process, names: readonly string[]): Promise<void> {
  for (const name of names) {
    await client.stderr.line(new RegExp(`^\\[${RegExp.escape(name)} · \\d+\\] saw$`));
  }
}

/** Waits for the end of a client that calculates {@linkcode TRACED}: nothing may be lost, doubled, or said beside `said`. */
export async function endsWhole(
  client: Process,
  count: number,
  said: readonly string[] = [],
): Promise<string> {
  const { code, stdout, stderr } = await client.outcome();
  const others = stderr.split("\n").filter((line) => line !== "" && !line.endsWith("] saw"));
  assertEquals([code, others], [0, said]);
  // A difference of so many lines is no use to anybody.
  assert(stdout === squares(count), firstDifference(stdout, squares(count)));
  return stderr;
}

function firstDifference(one: string, other: string): string {
  const [lines, expected] = [one.split("\n"), other.split("\n")];
  const at = expected.findIndex((line, index) => line !== lines[index]);
  return `line ${at + 1} is ${lines[at]} instead of ${expected[at]}, of ${lines.length - 1} lines`;
}

/** The processes that a worker has started and that live. */
export async function slotsOf(worker: Process): Promise<number[]> {
  const all = await childrenOf(worker.pid);
  const gone = await Promise.all(all.map(isGone));
  return all.filter((_, index) => !gone[index]);
}

/** Hundredths of a second for which a slot must calculate while it is looked at: to start takes less. */
const BUSY_TICKS = 35;

/** Waits for a slot of a worker that is at an item for longer than any start takes; 0 if all is over before. */
export async function busySlot(
  worker: Process,
  isOver: () => boolean = () => false,
): Promise<number> {
  const before = new Map<number, number>();
  return await until("a slot that calculates", async () => {
    if (isOver()) return 0;
    for (const pid of await slotsOf(worker)) {
      const ticks = await ticksOf(pid);
      const first = before.get(pid) ?? ticks;
      before.set(pid, first);
      if (ticks - first >= BUSY_TICKS) return pid;
    }
  });
}

async function ticksOf(pid: number): Promise<number> {
  try {
    const stat = await Deno.readTextFile(`/proc/${pid}/stat`);
    const fields = stat.slice(stat.lastIndexOf(")")).split(" ");
    return Number(fields[12]) + Number(fields[13]);
  } catch {
    return 0;
  }
}

/** A job as `client jobs` shows it. */
export interface JobStatus {
  readonly job: string;
  readonly name: string;
  readonly state: string;
  readonly done: number;
  readonly workers: number;
}

/** The jobs of a server. */
export async function jobsOf(server: Server): Promise<JobStatus[]> {
  return JSON.parse(await server.ask('{"op":"jobs"}')).jobs;
}
