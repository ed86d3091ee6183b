import { childrenOf, isGone } from "./children.ts";
import { within } from "./waiting.ts";

/** How a process is started. */
export interface ProcessOptions {
  /** The program. */
  readonly command: string;
  /** Its arguments. */
  readonly args: readonly string[];
  /** The folder in which it runs. */
  readonly cwd: string;
  /** Its variables, beside those of the test unless `clearEnv` says otherwise. */
  readonly env: Readonly<Record<string, string>>;
  /** Whether it gets none of the test's own variables. */
  readonly clearEnv: boolean;
  /**
   * What it reads, and then the end; `null` for nothing at all.
   *
   * @default {null}
   */
  readonly stdin?: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array> | null;
}

/** What a process left behind. */
export interface Outcome {
  /** Its exit status. */
  readonly code: number;
  /** What it wrote on stdout. */
  readonly stdout: string;
  /** What it wrote on stderr. */
  readonly stderr: string;
}

/** What a process writes on one of its streams, while it comes. */
export class Output {
  /** All that came until now. */
  text = "";
  /** Whether nothing more will come. */
  isEnded = false;
  /** Resolves when nothing more will come. */
  readonly ended: Promise<void>;
  readonly #reader: ReadableStreamDefaultReader<Uint8Array>;
  #lastMs: number | undefined;
  #longestPauseMs = 0;
  #changed = Promise.withResolvers<void>();

  /** Begins to read. */
  constructor(stream: ReadableStream<Uint8Array>) {
    this.#reader = stream.getReader();
    this.ended = this.#read();
  }

  /** All that came since the last time, which is forgotten here. */
  take(): string {
    const { text } = this;
    this.text = "";
    return text;
  }

  /** The longest time in which nothing came, between the first piece and the last, since the last call of this. */
  takePauseMs(): number {
    const longestMs = this.#longestPauseMs;
    this.#longestPauseMs = 0;
    return longestMs;
  }

  /** Reads no more: whoever writes finds that nobody is there. */
  close(): Promise<void> {
    return this.#reader.cancel();
  }

  /**
   * Waits for the first whole line that matches.
   *
   * @throws {Error} If the stream ends before, or nothing comes for long.
   */
  async line(pattern: RegExp): Promise<RegExpExecArray> {
    while (true) {
      const whole = this.text.slice(0, this.text.lastIndexOf("\n") + 1);
      for (const line of whole.split("\n")) {
        const match = pattern.exec(line);
        if (match !== null) return match;
      }
      if (this.isEnded) throw new Error(`The stream ended without ${pattern}: ${this.text}`);
      await within(`a line like ${pattern} after: ${this.text}`, this.#changed.promise);
    }
  }

  async #read(): Promise<void> {
    const decoder = new TextDecoder();
    while (true) {
      const { done, value } = await this.#reader.read();
      if (done) break;
      const nowMs = performance.now();
      this.#longestPauseMs = Math.max(this.#longestPauseMs, nowMs - (this.#lastMs ?? nowMs));
      this.#lastMs = nowMs;
      this.text += decoder.decode(value, { stream: true });
      this.#wake();
    }
    this.isEnded = true;
    this.#wake();
  }

  #wake(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** A process that dies with the test that started it. */
export class Process implements AsyncDisposable {
  /** What it writes on stdout. */
  readonly stdout: Output;
  /** What it writes on stderr. */
  readonly stderr: Output;
  /** How it ended. */
  readonly status: Promise<Deno.CommandStatus>;
  readonly #child: Deno.ChildProcess;
  readonly #fed: Promise<void>;
  readonly #feeding = new AbortController();
  #isEnded = false;

  /** Starts it. */
  constructor(options: ProcessOptions) {
    const { command, args, cwd, env, clearEnv, stdin = null } = options;
    this.#child = new Deno.Command(command, {
      args: [...args],
      cwd,
      env: { ...env },
      clearEnv,
      stdin: stdin === null ? "null" : "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    this.stdout = new Output(this.#child.stdout);
    this.stderr = new Output(this.#child.stderr);
    this.#fed = stdin === null
      ? Promise.resolve()
      : feed(this.#child.stdin, stdin, this.#feeding.signal);
    this.status = this.#child.status.finally(() => this.#isEnded = true);
  }

  /** Its number in the system. */
  get pid(): number {
    return this.#child.pid;
  }

  /** Sends it a signal; one that has ended hears nothing. */
  kill(signal: Deno.Signal): void {
    if (!this.#isEnded) this.#child.kill(signal);
  }

  /** Waits for its end, and gives all that it left behind. */
  async outcome(): Promise<Outcome> {
    const { code } = await within(`the end of process ${this.pid}`, this.status);
    await this.#settled();
    return { code, stdout: this.stdout.text, stderr: this.stderr.text };
  }

  /** Kills it, if it still runs, and waits until nothing of it is left. */
  async [Symbol.asyncDispose](): Promise<void> {
    const children = this.#isEnded ? [] : await childrenOf(this.pid);
    this.kill("SIGKILL");
    this.#feeding.abort();
    await within(`the end of process ${this.pid}`, this.status);
    try {
      await this.#settled();
    } catch (error) {
      // They should have ended with it: the test fails, but leaves nothing running.
      for (const pid of children) if (!await isGone(pid)) Deno.kill(pid, "SIGKILL");
      throw error;
    }
  }

  async #settled(): Promise<void> {
    const streams = Promise.all([this.stdout.ended, this.stderr.ended, this.#fed]);
    await within(`the end of what process ${this.pid} and its children write`, streams, 10_000);
  }
}

/** Writes all that a process is to read; it may end before it has read everything. */
async function feed(
  stdin: WritableStream<Uint8Array>,
  input: string | Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  const chunks = input instanceof ReadableStream
    ? input
    : ReadableStream.from([typeof input === "string" ? new TextEncoder().encode(input) : input]);
  try {
    await chunks.pipeTo(stdin, { signal });
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe || signal.aborted)) throw error;
  }
}

/** What a process holds in memory, on Linux; 0 once it has ended. */
export async function residentBytes(pid: number): Promise<number> {
  const status = await Deno.readTextFile(`/proc/${pid}/status`).catch(() => "");
  return 1024 * Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0);
}
