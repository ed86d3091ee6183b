import { cpuMs } from "../measure/usage.ts";

/** All processes that a process started, and those that they started; Linux only, elsewhere none. */
export function descendants(pid: number): number[] {
  if (Deno.build.os !== "linux") return [];
  const children = Map.groupBy(allProcesses(), ({ parent }) => parent);
  const found: number[] = [];
  const visit = (parent: number) => {
    for (const child of children.get(parent) ?? []) {
      found.push(child.pid);
      visit(child.pid);
    }
  };
  visit(pid);
  return found;
}

/** The one of them that has calculated most: whatever a peer is made of, that is one of its workers. */
export function busiestDescendant(pid: number): number | undefined {
  const times = descendants(pid).map((one) => ({ pid: one, ms: cpuMs(one) ?? 0 }));
  return times.toSorted((a, b) => b.ms - a.ms)[0]?.pid;
}

/** Kills processes by their numbers; those that have ended meanwhile hear nothing. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    try {
      Deno.kill(pid, "SIGKILL");
    } catch (error) {
      if (!(error instanceof Deno.errors.NotFound)) throw error;
    }
  }
}

function allProcesses(): { pid: number; parent: number }[] {
  return [...Deno.readDirSync("/proc")].flatMap(({ name }) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const text = Deno.readTextFileSync(`/proc/${name}/stat`);
      const parent = Number(text.slice(text.lastIndexOf(")") + 2).split(" ")[1]);
      return [{ pid: Number(name), parent }];
    } catch {
      // It has just ended.
      return [];
    }
  });
}
