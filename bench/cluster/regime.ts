/**
 * Where processes run:
 * - `free`: wherever the system puts them;
 * - `one-core`: all on the first core, where waking one another costs least.
 */
export type RegimeName = "free" | "one-core";

/** How every process of a benchmark is started, so that all are measured alike. */
export class Regime {
  readonly name: RegimeName;
  readonly #prefix: readonly string[];

  private constructor(name: RegimeName, prefix: readonly string[]) {
    this.name = name;
    this.#prefix = prefix;
  }

  /**
   * The regime of a name, as far as the system has what it takes.
   *
   * @throws {Error} If processes cannot be kept to one core here.
   */
  static async find(name: RegimeName): Promise<Regime> {
    // The system's own promise that a child does not outlive us, even if we are killed.
    const deathWords = ["setpriv", "--pdeathsig", "KILL"];
    const prefix = await runs([...deathWords, "true"]) ? deathWords : [];
    if (name === "free") return new Regime(name, prefix);
    const pinWords = ["taskset", "-c", "0"];
    if (!await runs([...pinWords, "true"])) {
      throw new Error('Cannot measure in the regime "one-core": there is no taskset here');
    }
    return new Regime(name, [...prefix, ...pinWords]);
  }

  /** A command line in this regime, with so many open files allowed if that is said. */
  words(command: readonly string[], maxOpenFiles?: number): string[] {
    const limit = maxOpenFiles === undefined
      ? []
      : ["sh", "-c", `ulimit -n ${maxOpenFiles}; exec "$0" "$@"`];
    return [...this.#prefix, ...limit, ...command];
  }
}

async function runs([command, ...args]: readonly string[]): Promise<boolean> {
  try {
    const options = { args, stdin: "null", stdout: "null", stderr: "null" } as const;
    return (await new Deno.Command(command!, options).output()).success;
  } catch {
    return false;
  }
}
