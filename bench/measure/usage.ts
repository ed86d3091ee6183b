/** What `/proc` counts processor time in: Linux has fixed it at 100 a second for programs. */
const MS_PER_TICK = 10;

/** Processor time of a process since its start, in milliseconds; `undefined` where the system does not say. */
export function cpuMs(pid: number): number | undefined {
  return ticksOf(pid, 11);
}

/** The same of all processes that we started and that have ended, from their start to their end. */
export function endedChildrenCpuMs(): number | undefined {
  return ticksOf(Deno.pid, 13);
}

/** Two neighbours of a process's numbers, for the program itself and for the system, in milliseconds. */
function ticksOf(pid: number, place: number): number | undefined {
  const text = read(`/proc/${pid}/stat`);
  // The name stands in parentheses and may hold anything; what follows are plain words.
  const words = text?.slice(text.lastIndexOf(")") + 2).split(" ");
  if (words === undefined) return undefined;
  return (Number(words[place]) + Number(words[place + 1])) * MS_PER_TICK;
}

/** Resident memory of a process in bytes, now and at its highest. */
export interface Memory {
  readonly residentBytes: number;
  readonly peakBytes: number;
}

/** Memory of a process; `undefined` where the system does not say. */
export function memoryOf(pid: number): Memory | undefined {
  const text = read(`/proc/${pid}/status`);
  const [resident, peak] = ["VmRSS", "VmHWM"].map((name) =>
    new RegExp(`^${name}:\\s+(\\d+) kB$`, "m").exec(text ?? "")?.[1]
  );
  if (resident === undefined || peak === undefined) return undefined;
  return { residentBytes: Number(resident) * 1024, peakBytes: Number(peak) * 1024 };
}

function read(path: string): string | undefined {
  if (Deno.build.os !== "linux") return undefined;
  try {
    return Deno.readTextFileSync(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}
