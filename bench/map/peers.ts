import { calculatingScript, projectPath } from "../paths.ts";
import { commandOutput } from "../peers/command.ts";
import { type Found, type PeerOptions, present } from "../peers/peer.ts";
import { findPythonLibrary } from "../peers/python_drivers.ts";
import { type MapPeer, type Subject, toFile } from "./subject.ts";
import { argsOf, type Kind, type Work } from "./work.ts";

/** Items of a chunk that are tried; the best of them is what a peer is measured with. */
const CHUNKS: Readonly<Record<Kind, readonly number[]>> = {
  range: [10_000, 100_000, 500_000],
  lines: [10_000, 50_000, 200_000],
  steps: [1, 10, 100],
  sum: [100_000, 1_000_000, 5_000_000],
};

/** Of a peer that starts a process for each chunk. */
const LARGE_CHUNKS: typeof CHUNKS = {
  range: [200_000, 1_000_000, 2_500_000],
  lines: [200_000, 1_000_000, 2_500_000],
  steps: [100, 300, 1000],
  sum: [500_000, 2_000_000, 6_250_000],
};

/** The peers of `client map` that are there. */
export async function findMapPeers(options: PeerOptions): Promise<MapPeer[]> {
  const found = await Promise.all([
    findPool(),
    findParallel(),
    findLibrary("dask", options.daskEnvironment),
    findLibrary("ray", options.rayEnvironment),
  ]);
  return present(found, options);
}

async function findPool(): Promise<Found<MapPeer>> {
  const version = await commandOutput(["python3", "--version"]);
  if (version === undefined) return { missing: "multiprocessing.Pool: python3 is not installed" };
  const title = `multiprocessing.Pool, ${version}`;
  return { peer: { ...inPython("pool", "python3"), title, chunks: CHUNKS } };
}

async function findLibrary(
  library: "dask" | "ray",
  environment: string | undefined,
): Promise<Found<MapPeer>> {
  const found = await findPythonLibrary(library, environment);
  if ("missing" in found) return found;
  const { title } = found.peer;
  return { peer: { ...inPython(library, `${environment}/bin/python`), title, chunks: CHUNKS } };
}

/** A job in Python, by one of the ways that the driver knows. */
function inPython(executor: string, python: string): Subject {
  return {
    name: executor,
    tongue: "python",
    saysReady: true,
    words: (work, chunk, output = "-") => {
      const { steps, poison } = argsOf(work);
      const words = [executor, work.kind, work.count, steps, poison, chunk, output].map(String);
      const input = work.input === undefined ? [] : [work.input];
      return [python, projectPath("bench/peers/map_driver.py"), ...words, ...input];
    },
  };
}

/** Items that one process of Python takes together, so that it calculates and does not make lists. */
const ALONE_CHUNK = 10_000;

/** One process of Python. */
export const SEQUENTIAL_PYTHON: Subject = aloneInPython();

function aloneInPython(): Subject {
  const subject = inPython("sequential", "python3");
  return {
    ...subject,
    name: "sequential_python",
    words: (work, _chunk, output) => subject.words(work, ALONE_CHUNK, output),
  };
}

async function findParallel(): Promise<Found<MapPeer>> {
  const text = await commandOutput(["parallel", "--version"]);
  const version = /^GNU parallel (\d+)/.exec(text ?? "")?.[1];
  if (version === undefined) return { missing: "GNU Parallel: parallel is not installed" };
  const title = `GNU Parallel ${version}, Deno as filter`;
  return {
    peer: {
      ...{ name: "parallel", title, tongue: "deno", saysReady: false, chunks: LARGE_CHUNKS },
      words: parallelWords,
    },
  };
}

/** Two at once, results in the order of the input; its own words for each way of giving it items. */
function parallelWords(work: Work, chunk: number, output: string | undefined): string[] {
  const { steps, poison } = argsOf(work);
  const filter = calculatingScript("bench/map/apply.ts", work.kind, String(steps), String(poison));
  const parallel = "parallel --will-cite -j2 -k";
  if (work.input !== undefined) {
    const bytes = String(chunk * 8);
    const words = [...parallel.split(" "), "--pipepart", "-a", work.input, "--block", bytes];
    return toFile([...words, ...filter], output);
  }
  const items = work.kind === "sum"
    ? `seq 1 ${chunk} ${work.count} | awk '{ last = $1 + ${chunk - 1}; ` +
      `print $1, last < ${work.count} ? last : ${work.count} }'`
    : `seq 1 ${work.count}`;
  const lines = work.kind === "sum" ? 1 : chunk;
  // Some kinds of awk take %d for 32 bits, and print large numbers with six digits; as doubles they are exact.
  const end = work.kind === "sum" ? ` | awk '{ sum += $1 } END { printf "%.0f\\n", sum }'` : "";
  const script = `${items} | ${parallel} --pipe -N${lines} "$@"${end}`;
  return toFile(["sh", "-c", script, "sh", ...filter], output);
}
