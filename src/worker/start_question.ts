import { START_QUESTION_TIMEOUT_MS } from "../limits.ts";

/** What is read of its complaint. */
const MAX_COMPLAINT_CHARS = 200;
const DENO_PREFIX = "error: ";

/**
 * Asks whether a program starts at all. One whose file was replaced or removed does not, although the system still
 * knows it by /proc/self/exe: what it runs is behind the runtime in the same file, which it cannot find again.
 */
export class StartQuestion {
  readonly #command: string;
  readonly #env: Record<string, string>;
  readonly #timeoutMs: number;
  /** The question that is being asked. */
  #asked: Promise<string | undefined> | undefined;
  #child: Deno.ChildProcess | undefined;

  /** Asks nothing yet. */
  constructor(
    command: string,
    env: Record<string, string>,
    timeoutMs: number = START_QUESTION_TIMEOUT_MS,
  ) {
    this.#command = command;
    // What it says goes to a log.
    this.#env = { ...env, NO_COLOR: "1" };
    this.#timeoutMs = timeoutMs;
  }

  /** What it complains of if it does not start; `undefined` if it does, or if nobody knows. Asked once at a time. */
  complaint(): Promise<string | undefined> {
    return this.#asked ??= this.#ask().finally(() => this.#asked = undefined);
  }

  /** Ends what was asked. */
  close(): void {
    if (this.#child !== undefined) killProcess(this.#child);
  }

  async #ask(): Promise<string | undefined> {
    const child = this.#child = new Deno.Command(this.#command, {
      args: ["--version"],
      clearEnv: true,
      env: this.#env,
      stdin: "null",
      stdout: "null",
      stderr: "piped",
    }).spawn();
    const reader = child.stderr.getReader();
    let isGivenUp = false;
    const giveUp = () => {
      isGivenUp = true;
      killProcess(child);
      // Something that it started itself may still hold the other end.
      reader.cancel().catch(() => {});
    };
    const timer = setTimeout(giveUp, this.#timeoutMs);
    try {
      const line = await firstLine(reader);
      // It may go on to write, and nobody reads that.
      await reader.cancel();
      const { code, signal } = await child.status;
      if (isGivenUp || code === 0 || signal !== null) return undefined;
      return line === "" ? `status ${code}` : line;
    } finally {
      clearTimeout(timer);
      this.#child = undefined;
    }
  }
}

/** The first line that comes, or as much of it as is shown. */
async function firstLine(reader: ReadableStreamDefaultReader<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder();
  let text = "";
  while (text.length < MAX_COMPLAINT_CHARS && !text.includes("\n")) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
  }
  const line = text.split("\n", 1)[0]!.trim().slice(0, MAX_COMPLAINT_CHARS);
  return line.startsWith(DENO_PREFIX) ? line.slice(DENO_PREFIX.length) : line;
}

/** Ends a process, if it has not ended. */
export function killProcess(child: Deno.ChildProcess): void {
  try {
    child.kill("SIGKILL");
  } catch {
    // It has ended already.
  }
}
