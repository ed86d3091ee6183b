/** As much of a `.cpuprofile` as is needed here: V8's own format, with times in microseconds. */
export interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  /** The node that ran at each sample. */
  readonly samples: readonly number[];
  /** The time before each sample. */
  readonly timeDeltas: readonly number[];
}

/** A function, and the share of the time that was its own. */
export interface SelfTime {
  readonly name: string;
  /** Its file and line, as far as they are known. */
  readonly place: string;
  /** From 0 to 1, of the time in which anything at all ran. */
  readonly share: number;
}

/** The functions of a profile, those with the most time of their own first; waiting does not count. */
export function selfTimes(profile: CpuProfile): SelfTime[] {
  const frames = new Map(profile.nodes.map(({ id, callFrame }) => [id, callFrame]));
  const times = new Map<string, { name: string; place: string; micros: number }>();
  let total = 0;
  profile.samples.forEach((id, index) => {
    const frame = frames.get(id);
    const micros = profile.timeDeltas[index] ?? 0;
    if (frame === undefined || frame.functionName === "(idle)") return;
    total += micros;
    const name = frame.functionName || "(anonymous)";
    const file = frame.url.split("/").slice(-2).join("/");
    // V8 counts lines from 0.
    const place = file === "" ? "" : `${file}:${frame.lineNumber + 1}`;
    const key = `${name} ${place}`;
    const time = times.get(key) ?? { name, place, micros: 0 };
    time.micros += micros;
    times.set(key, time);
  });
  return [...times.values()]
    .toSorted((a, b) => b.micros - a.micros)
    .map(({ name, place, micros }) => ({ name, place, share: total === 0 ? 0 : micros / total }));
}
