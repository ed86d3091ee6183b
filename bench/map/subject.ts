import type { Programs } from "../cluster/programs.ts";
import { calculatingScript } from "../paths.ts";
import { argsOf, type Kind, moduleOf, type Work } from "./work.ts";

/** What a job is written in: its efficiency is measured against one process of the same. */
export type Tongue = "deno" | "python";

/** Something that does jobs: a cluster of ours, a peer, or one process alone. */
export interface Subject {
  /** Its name in figures. */
  readonly name: string;
  readonly tongue: Tongue;
  /** Whether it prints `ready` when it begins; what it needs before does not count. */
  readonly saysReady: boolean;
  /**
   * Processes that say so.
   *
   * @default {1}
   */
  readonly processes?: number;
  /** The chunk sizes to choose from; nothing for one that chooses by itself. */
  readonly chunks?: Readonly<Record<Kind, readonly number[]>>;
  /** A command line that writes the results to a file, or to stdout. */
  words(work: Work, chunk: number, output: string | undefined): string[];
}

/** A peer of `client map`. */
export interface MapPeer extends Subject {
  /** What it is, with its version. */
  readonly title: string;
}

/** One process of Deno. */
export const SEQUENTIAL_DENO: Subject = {
  name: "sequential_deno",
  tongue: "deno",
  saysReady: true,
  words: (work, _chunk, output = "-") => {
    const { steps, poison } = argsOf(work);
    const words = [work.kind, steps, poison, work.count, output].map(String);
    return calculatingScript("bench/map/apply.ts", ...words);
  },
};

/** Two processes at once, each of which does the whole work alone; they write into one file, which is of no use. */
export function twoOf(subject: Subject): Subject {
  return {
    ...subject,
    name: subject.name.replace("sequential", "two"),
    processes: 2,
    words: (work, chunk, output) => [
      ...["sh", "-c", '"$@" & first=$!; "$@"; code=$?; wait $first && exit $code', "sh"],
      ...subject.words(work, chunk, output),
    ],
  };
}

/** A cluster of ours that listens at a port. */
export function ourSubject(programs: Programs, port: number, flags: readonly string[]): Subject {
  return {
    name: programs.name,
    tongue: "deno",
    saysReady: false,
    words: (work, _chunk, output) =>
      programs.words(
        "client",
        ...["map", moduleOf(work), "--port", String(port)],
        ...(work.input === undefined ? ["--range", `1..${work.count}`] : ["--input", work.input]),
        ...(work.kind === "sum" ? ["--reduce", "sum"] : []),
        ...(work.steps === undefined ? [] : ["--args", JSON.stringify(argsOf(work))]),
        ...(output === undefined ? [] : ["--output", output]),
        ...flags,
      ),
  };
}

/** A command line whose stdout goes to a file, if that is said. */
export function toFile(words: readonly string[], output: string | undefined): string[] {
  return output === undefined ? [...words] : ["sh", "-c", 'exec "$@" > "$0"', output, ...words];
}
