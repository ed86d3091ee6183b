import { PROJECT } from "../paths.ts";

/** Nothing that we start takes so long to say that it is ready, unless something is wrong. */
const READY_TIMEOUT_MS = 60_000;

const running = new Set<Deno.ChildProcess>();

/** How a child is started. */
export interface ChildOptions {
  /**
   * What it reads.
   *
   * @default {"null"}
   */
  readonly stdin?: "piped" | "null";
  /**
   * Variables beside ours.
   *
   * @default {{}}
   */
  readonly env?: Readonly<Record<string, string>>;
}

/** A process that ends with the benchmark, whatever happens. */
export class Child implements AsyncDisposable {
  /** How it ended. */
  readonly status: Promise<Deno.CommandStatus>;
  readonly #words: readonly string[];
  readonly #process: Deno.ChildProcess;
  readonly #reader: ReadableStreamDefaultReader<string>;
  #text = "";
  #isEnded = false;

  /** Starts a command line. */
  constructor(words: readonly string[], options: ChildOptions = {}) {
    const [command, ...args] = words;
    this.#words = words;
    this.#process = new Deno.Command(command!, {
      args,
      cwd: PROJECT,
      env: { NO_COLOR: "1", ...options.env },
      stdin: options.stdin ?? "null",
      stdout: "piped",
      stderr: Deno.env.has("AULA_BENCH_STDERR") ? "inherit" : "null",
    }).spawn();
    running.add(this.#process);
    this.#reader = this.#process.stdout.pipeThrough(new TextDecoderStream()).getReader();
    this.status = this.#process.status.finally(() => {
      this.#isEnded = true;
      running.delete(this.#process);
    });
  }

  /** Its number in the system. */
  get pid(): number {
    return this.#process.pid;
  }

  /** What it reads, if that was asked for. */
  get stdin(): WritableStream<Uint8Array> {
    return this.#process.stdin;
  }

  /**
   * The next line of its output.
   *
   * @throws {Error} If it ends without one, or is silent for too long.
   */
  async line(timeoutMs: number = READY_TIMEOUT_MS): Promise<string> {
    let newline: number;
    while ((newline = this.#text.indexOf("\n")) < 0) {
      const { value, done } = await this.#read(timeoutMs);
      if (done) throw new Error(`Cannot read a line of "${this.#name}": it ended`);
      this.#text += value;
    }
    const line = this.#text.slice(0, newline);
    this.#text = this.#text.slice(newline + 1);
    return line;
  }

  /** Waits for its line `… listening on ADDRESS`, and gives the address. */
  async listening(): Promise<string> {
    while (true) {
      const address = /listening on (\S+)$/.exec(await this.line())?.[1];
      if (address !== undefined) return address;
    }
  }

  /** The next piece of its output, however long; `undefined` at its end. */
  async piece(): Promise<string | undefined> {
    const text = this.#text;
    this.#text = "";
    return text !== "" ? text : (await this.#reader.read()).value;
  }

  /** Reads what it writes until it ends, so that it never waits for us. */
  async drain(): Promise<void> {
    while (!(await this.#reader.read()).done);
  }

  /** Sends it a signal; one that has ended hears nothing. */
  kill(signal: Deno.Signal): void {
    if (this.#isEnded) return;
    try {
      this.#process.kill(signal);
    } catch (error) {
      // It has just ended by itself, and we have not been told yet.
      if (!(error instanceof TypeError)) throw error;
    }
  }

  /** Kills it, and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.kill("SIGKILL");
    await this.status;
    await this.#reader.cancel().catch(() => {});
  }

  get #name(): string {
    return this.#words.join(" ").slice(0, 300);
  }

  async #read(timeoutMs: number): Promise<ReadableStreamReadResult<string>> {
    let timer: ReturnType<typeof setTimeout> | undefined;
    const silence = new Promise<never>((_, reject) => {
      const error = new Error(`Cannot read a line of "${this.#name}": ${timeoutMs} ms of silence`);
      timer = setTimeout(() => reject(error), timeoutMs);
    });
    try {
      return await Promise.race([this.#reader.read(), silence]);
    } finally {
      clearTimeout(timer);
    }
  }
}

/** Kills every child that still runs: for the moment at which we are told to end. */
export function killChildren(): void {
  for (const process of running) {
    try {
      process.kill("SIGKILL");
    } catch {
      // It has just ended by itself.
    }
  }
}
