import { LOCAL_RESTART_MAX_MS, LOCAL_RESTART_MIN_MS, LOCAL_START_TIMEOUT_MS } from "../limits.ts";
import { nowMs } from "../net/clock.ts";
import type { Log } from "../net/role.ts";
import { formatAddress, parseAddress } from "../protocol/address.ts";
import type { Address } from "../protocol/machine.ts";
import { backoffMs } from "../scheduling/backoff.ts";
import { LOCAL_WORKER_ARGUMENT } from "./local_worker_argument.ts";

const RESTART = { minMs: LOCAL_RESTART_MIN_MS, maxMs: LOCAL_RESTART_MAX_MS };
const READY_LINE = /^\[worker\] listening on (.+)$/m;

/** What local workers tell their coordinator. */
export interface LocalWorkersOptions {
  /** Whether they run functions of users, each in one slot. */
  readonly allowCode: boolean;
  /** Takes log lines. */
  readonly log: Log;
  /** A worker was started again on another port than before. */
  readonly moved: (place: number, address: Address) => void;
}

/** Workers of a coordinator's own: child processes that are started again when they end, and end with it. */
export class LocalWorkers {
  readonly #workers: readonly LocalWorker[];

  private constructor(workers: readonly LocalWorker[]) {
    this.#workers = workers;
  }

  /**
   * Starts `count` workers, and waits until each has said where it listens.
   *
   * @throws {Error} If one does not start.
   */
  static async start(count: number, options: LocalWorkersOptions): Promise<LocalWorkers> {
    const workers = Array.from({ length: count }, (_, place) => new LocalWorker(place, options));
    const all = new LocalWorkers(workers);
    try {
      await Promise.all(workers.map((worker) => worker.start()));
    } catch (error) {
      all.stop();
      throw error;
    }
    return all;
  }

  /** Where they listen, in order. */
  get addresses(): Address[] {
    return this.#workers.map((worker) => worker.address);
  }

  /** Ends them. */
  stop(): void {
    for (const worker of this.#workers) worker.stop();
  }
}

class LocalWorker {
  /** Where it was last known to listen. */
  address: Address = { host: "127.0.0.1", port: 0 };
  /** The port that it is started on next: its own, so that it keeps its place, or any free one. */
  #port = 0;
  readonly #place: number;
  readonly #options: LocalWorkersOptions;
  #child: Deno.ChildProcess | undefined;
  #isStopped = false;
  #failures = 0;

  constructor(place: number, options: LocalWorkersOptions) {
    this.#place = place;
    this.#options = options;
  }

  async start(): Promise<void> {
    const startedMs = nowMs();
    const child = spawnWorker(this.#port, this.#options.allowCode);
    this.#child = child;
    const address = await readAddress(child);
    if (address === undefined) throw new Error("Cannot start a local worker: it ended at once");
    const isMoved = this.address.port !== 0 && this.address.port !== address.port;
    this.address = address;
    this.#port = address.port;
    if (isMoved) this.#options.moved(this.#place, address);
    child.status.then(({ code, signal }) => {
      if (nowMs() - startedMs > LOCAL_RESTART_MAX_MS) this.#failures = 0;
      this.#ended(signal ?? `status ${code}`);
    });
  }

  stop(): void {
    this.#isStopped = true;
    this.#child?.stdin.close().catch(() => {});
    try {
      // Nothing is in flight any more, and one that hangs would not notice the end of its input.
      this.#child?.kill("SIGKILL");
    } catch {
      // It has ended already.
    }
  }

  #ended(how: string): void {
    if (this.#isStopped) return;
    const name = formatAddress(this.address);
    this.#options.log("warn", `local worker ${name} ended (${how}): starting it again`);
    this.#restart();
  }

  #restart(): void {
    const pauseMs = this.#failures === 0 ? 0 : backoffMs(this.#failures, RESTART, 0);
    this.#failures++;
    setTimeout(async () => {
      if (this.#isStopped) return;
      try {
        await this.start();
      } catch {
        // Somebody else may have its port by now: the next one takes any that is free.
        this.#port = 0;
        this.#restart();
      }
    }, pauseMs);
  }
}

/** Starts one worker: this executable again, or from sources the module that is a local worker. */
function spawnWorker(port: number, allowsCode: boolean): Deno.ChildProcess {
  // On Linux this path means "the program that I am" in any folder, and is all that may be started.
  const executable = Deno.build.os === "linux" ? "/proc/self/exe" : Deno.execPath();
  const module = new URL("../worker/local_worker.ts", import.meta.url);
  const args = Deno.build.standalone ? [LOCAL_WORKER_ARGUMENT] : [
    ...["run", "--no-config", "--no-lock", "--no-prompt", "--allow-net=127.0.0.1"],
    ...(allowsCode ? [`--allow-run=${executable}`] : []),
    module.href,
  ];
  return new Deno.Command(executable, {
    args: [...args, String(port), ...(allowsCode ? ["--allow-code"] : [])],
    clearEnv: true,
    env: environment(),
    stdin: "piped",
    stdout: "piped",
    stderr: "inherit",
  }).spawn();
}

/** What Deno finds its cache by: without them, every start from sources would compile anew. */
const CACHE_VARIABLES = ["DENO_DIR", "HOME", "XDG_CACHE_HOME", "LOCALAPPDATA", "USERPROFILE"];

/** What a worker is started with: nothing but what its runtime needs, as far as we may read it. */
function environment(): Record<string, string> {
  const environment: Record<string, string> = {};
  // Without it no connection can be made on Windows.
  const names = Deno.build.os === "windows" ? ["SYSTEMROOT"] : [];
  if (!Deno.build.standalone) names.push(...CACHE_VARIABLES);
  for (const name of names) {
    if (Deno.permissions.querySync({ name: "env", variable: name }).state !== "granted") continue;
    const value = Deno.env.get(name);
    if (value !== undefined) environment[name] = value;
  }
  return environment;
}

/** The address that a worker prints when it listens; `undefined` if it ends or is silent instead. */
async function readAddress(child: Deno.ChildProcess): Promise<Address | undefined> {
  const timer = setTimeout(() => child.kill("SIGKILL"), LOCAL_START_TIMEOUT_MS);
  let text = "";
  const decoder = new TextDecoder();
  try {
    for await (const chunk of child.stdout) {
      text += decoder.decode(chunk, { stream: true });
      if (text.includes("\n")) break;
    }
  } finally {
    clearTimeout(timer);
  }
  const reading = parseAddress(READY_LINE.exec(text)?.[1] ?? "");
  return "value" in reading ? reading.value : undefined;
}
