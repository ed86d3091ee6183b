/** A function, as V8 names it. */
interface CallFrame {
  readonly functionName: string;
  readonly url: string;
  readonly lineNumber: number;
}

/** As much of a `.cpuprofile` as is needed here: V8's own format, with times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly { readonly id: number; readonly callFrame: CallFrame }[];
  /** The node that ran at each sample. */
  readonly samples: readonly number[];
  /** The time before each sample. */
  readonly timeDeltas: readonly number[];
}

/** A function or a part, and the share of the time that was its own. */
export interface SelfTime {
  readonly name: string;
  /** Its file and line, as far as they are known. */
  readonly place: string;
  /** From 0 to 1, of the time in which anything at all ran. */
  readonly share: number;
}

/** The functions of a profile, those with the most time of their own first; waiting does not count. */
export function selfTimes(profile: CpuProfile): SelfTime[] {
  return timesBy(profile, ({ functionName, url, lineNumber }) => {
    const file = url.split("/").slice(-2).join("/");
    // V8 counts lines from 0.
    const place = file === "" ? "" : `${file}:${lineNumber + 1}`;
    return { name: functionName || "(anonymous)", place };
  });
}

/** The same by part: the folders of `src`, calls into the system, the runtime, and what the engine does by itself. */
export function partTimes(profile: CpuProfile): SelfTime[] {
  return timesBy(profile, ({ functionName, url }) => {
    const [, folder] = /\/src\/(\w+)\//.exec(url) ?? [];
    if (folder !== undefined) return { name: `src/${folder}`, place: "" };
    if (functionName.startsWith("op_")) return { name: "system calls", place: "" };
    if (functionName.startsWith("(")) return { name: functionName, place: "" };
    return { name: "runtime", place: "" };
  });
}

function timesBy(
  { nodes, samples, timeDeltas }: CpuProfile,
  groupOf: (frame: CallFrame) => Omit<SelfTime, "share">,
): SelfTime[] {
  const groups = new Map(nodes.map(({ id, callFrame }) => [id, groupOf(callFrame)]));
  const times = new Map<string, Omit<SelfTime, "share"> & { micros: number }>();
  let total = 0;
  samples.forEach((id, index) => {
    const group = groups.get(id);
    const micros = timeDeltas[index] ?? 0;
    if (group === undefined || group.name === "(idle)") return;
    total += micros;
    const key = `${group.name} ${group.place}`;
    const time = times.get(key) ?? { ...group, micros: 0 };
    time.micros += micros;
    times.set(key, time);
  });
  return [...times.values()]
    .toSorted((a, b) => b.micros - a.micros)
    .map(({ name, place, micros }) => ({ name, place, share: total === 0 ? 0 : micros / total }));
}
