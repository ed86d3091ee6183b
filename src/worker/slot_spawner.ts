import { builtinModules } from "node:module";
import { fileURLToPath } from "node:url";
import { DEFAULT_SLOT_MEMORY_MB, SLOT_START_TIMEOUT_MS } from "../limits.ts";
import type { Spawned, Spawner } from "../net/driver.ts";
import { TokenListener } from "../net/token_listener.ts";
import { SLOT_ARGUMENT } from "./slot_argument.ts";
import { killProcess, StartQuestion } from "./start_question.ts";

/** What Deno takes for a folder that it can make nothing in: nothing of a slot is ever kept, or found. */
const NO_FOLDER = Deno.build.os === "windows" ? "\\\\.\\NUL\\none" : "/dev/null/none";

/** How slots are started. */
export interface SlotSpawnerOptions {
  /**
   * Resident memory of a slot, in bytes, above which its item fails.
   *
   * @default {1073741824}
   */
  readonly memoryBytes?: number;
  /**
   * An executable of ours that is started as a slot.
   *
   * @default {the one that runs}
   */
  readonly executable?: string;
}

/**
 * Starts slots: processes of this same program that run a user's function, and that end with their connection.
 *
 * On Linux it needs the permissions to run `/proc/self/exe` and to use 127.0.0.1; elsewhere to run the program
 * that runs it.
 */
export class SlotSpawner implements Spawner {
  readonly #memoryBytes: number;
  readonly #executable: string | undefined;
  readonly #listener: TokenListener = new TokenListener();
  /** Those that have not connected yet. */
  readonly #starting = new Set<Deno.ChildProcess>();
  /** For an executable that starts itself, and whose file may be gone. */
  readonly #question: StartQuestion | undefined;
  #isClosed = false;

  /**
   * A spawner, which listens on a port of its own on 127.0.0.1 for the processes that it starts.
   *
   * @throws {ListenError} If there is no free port.
   */
  constructor(options: SlotSpawnerOptions = {}) {
    this.#memoryBytes = options.memoryBytes ?? DEFAULT_SLOT_MEMORY_MB * 2 ** 20;
    this.#executable = options.executable;
    if (Deno.build.standalone && options.executable === undefined) {
      this.#question = new StartQuestion(ownProgram(), systemEnvironment());
    }
  }

  /**
   * Starts a slot, and waits until it has connected.
   *
   * @throws {Error} If it does not in time; it has been ended then.
   */
  async spawn(): Promise<Spawned> {
    if (this.#isClosed) throw new Error("Cannot start a slot: this worker is stopping");
    const token = crypto.randomUUID();
    const arrival = this.#listener.expect(token);
    const child = startProcess(this.#executable);
    this.#starting.add(child);
    const kill = () => killProcess(child);
    const timer = setTimeout(
      () => arrival.giveUp("it did not connect in time"),
      SLOT_START_TIMEOUT_MS,
    );
    const ended = child.status.then(({ code, signal }) => {
      arrival.giveUp(`it ended with ${signal ?? `status ${code}`}`);
      return signal === null;
    });
    try {
      const [conn] = await Promise.all([
        arrival.connected,
        writeStart(child, `${this.#listener.port} ${token} ${this.#memoryBytes}\n`),
      ]);
      return { conn, kill };
    } catch (error) {
      kill();
      const hasEndedItself = await ended;
      const complaint = hasEndedItself ? await this.#complaint() : "";
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`Cannot start a slot: ${reason}${complaint}`, { cause: error });
    } finally {
      clearTimeout(timer);
      this.#starting.delete(child);
    }
  }

  /** What is said behind the reason why a process has ended at once, if this program does not start at all. */
  async #complaint(): Promise<string> {
    if (this.#isClosed) return "";
    const complaint = await this.#question?.complaint().catch(() => undefined);
    if (complaint === undefined || this.#isClosed) return "";
    return `: its file was replaced or removed (${complaint}): start this program again`;
  }

  /** Ends what has not connected yet, and listens no more. */
  close(): void {
    this.#isClosed = true;
    this.#listener.close();
    this.#question?.close();
    for (const child of this.#starting) killProcess(child);
  }
}

/** On Linux this path means "the program that I am" in any folder, and is all that need be allowed. */
function ownProgram(): string {
  return Deno.build.os === "linux" ? "/proc/self/exe" : Deno.execPath();
}

/**
 * Sees to it that slots may be started.
 *
 * @throws {Deno.errors.NotCapable} If they may not.
 */
export function requireRunPermission(): void {
  const command = ownProgram();
  if (Deno.permissions.querySync({ name: "run", command }).state === "granted") return;
  throw new Deno.errors.NotCapable(
    `Cannot use allowCode: slots are processes, and need the permission --allow-run=${command}`,
  );
}

/** An executable of ours, or this program again, as a slot. */
function startProcess(other: string | undefined): Deno.ChildProcess {
  const isExecutable = Deno.build.standalone || other !== undefined;
  return new Deno.Command(other ?? ownProgram(), {
    args: isExecutable ? [SLOT_ARGUMENT] : sourceArguments(),
    clearEnv: true,
    env: { ...systemEnvironment(), ...(isExecutable ? {} : { DENO_DIR: NO_FOLDER }) },
    stdin: "piped",
    stdout: "null",
    stderr: "null",
  }).spawn();
}

/**
 * What no program can do without: Windows finds its sockets by SYSTEMROOT. It names no folder of the user's, and
 * a slot has no permission to read it.
 */
export function systemEnvironment(
  os: string = Deno.build.os,
  get: (name: string) => string | undefined = readEnvironment,
): Record<string, string> {
  if (os !== "windows") return {};
  const root = get("SYSTEMROOT");
  return root === undefined ? {} : { SYSTEMROOT: root };
}

/** A variable; what we have no permission to read is as if it were not there. */
function readEnvironment(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch {
    return undefined;
  }
}

/** Modules of Deno's that it does not name itself. */
const UNNAMED_MODULES = ["_http_client", "_http_incoming"];

/**
 * Where a slot from sources finds what it imports: our own modules what they need, and a user's module nothing.
 * No permission keeps it from Deno's `node:` modules, one of which makes code of texts, nor from those of ours
 * that are loaded already.
 */
function importMap(sources: string): string {
  // These two are not imported by a module, but begin a thread.
  const begun = [`${sources}slot/main.ts`, `${sources}slot/sandbox.ts`].map((url) => [url, url]);
  const names = [...builtinModules, ...UNNAMED_MODULES];
  const ofDeno = names.map((name) => [name.startsWith("node:") ? name : `node:${name}`, "none:"]);
  const map = {
    imports: { ...Object.fromEntries([...ofDeno, ...begun]), "file:///": "none:///" },
    scopes: { [sources]: { "file:///": "file:///", "node:os": "node:os" } },
  };
  return `data:application/json,${encodeURIComponent(JSON.stringify(map))}`;
}

/**
 * What a slot calls, it calls often: V8's best compiler comes after 300 calls and not 3,000. Until then a function that
 * is a loop takes a third longer, for the first two to five seconds of a job (measured with V8 15; V8 13 does well by
 * itself). V8 refuses a flag that it does not know, so no other one gets it.
 */
export const TIER_UP_FLAGS: readonly string[] = Deno.version.v8.startsWith("15.")
  ? ["--invocation-count-for-turbofan=300"]
  : [];

/** How Deno runs a slot from sources. Its permissions last until it has connected. */
function sourceArguments(): string[] {
  const slot = new URL("../slot/main.ts", import.meta.url);
  const sources = new URL("../", slot);
  return [
    ...[
      "run",
      "--no-remote",
      "--no-npm",
      "--cached-only",
      "--no-config",
      "--no-lock",
      "--no-prompt",
    ],
    `--v8-flags=${["--disallow-code-generation-from-strings", ...TIER_UP_FLAGS]}`,
    `--import-map=${importMap(sources.href)}`,
    "--allow-net=127.0.0.1",
    // The function's thread is loaded from there.
    `--allow-read=${fileURLToPath(sources)}`,
    "--allow-sys=setPriority",
    slot.href,
  ];
}

async function writeStart(child: Deno.ChildProcess, line: string): Promise<void> {
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(line));
  await writer.close();
}
