/**
 * What a slot from sources is guarded by, layer for layer, and how each of them is taken away: a copy of its
 * sources lacks a line, or its process is started without what it is started with.
 *
 * @module
 */
import { pathToFileURL } from "node:url";
import { MAX_SLOT_START_LINE_BYTES } from "../../src/limits.ts";
import type { Spawned } from "../../src/net/driver.ts";
import type { SlotSpawner } from "../../src/worker/slot_spawner.ts";
import { fromFileUrl, PROJECT, TemporaryFolder } from "../support/paths.ts";
import { Output } from "../support/process.ts";

/** The layers, by the names that SECURITY.md has for them. */
export const LAYERS = [
  "prelude",
  "thread's permissions",
  "process's permissions",
  "few permissions",
  "no code from texts",
  "no words that import",
  "no imports",
  "no folder",
  "no environment",
  "no streams",
] as const;

/** One of them. */
export type Layer = typeof LAYERS[number];

type SlotOptions = Deno.CommandOptions & { args: string[]; env: Record<string, string> };

const REVOKING = "for (const name of PERMISSIONS) Deno.permissions.revokeSync({ name });";
/** The line in which a layer is. */
const LINES: Partial<Record<Layer, { readonly file: string; readonly line: string }>> = {
  "prelude": { file: "slot/sandbox.ts", line: "stripGlobals();" },
  "thread's permissions": { file: "slot/sandbox.ts", line: REVOKING },
  "no words that import": { file: "slot/user_module.ts", line: "code = sealImports(code);" },
  "process's permissions": { file: "slot/main.ts", line: REVOKING },
};
const SOURCES = fromFileUrl(new URL("src/", PROJECT));

/** Slots that lack some layers, or none. */
export class BareSlots implements AsyncDisposable {
  /** Address of the sources that they run from. */
  readonly sources: string;
  /** What those have written on the streams of the one that starts them, one after the other. */
  readonly heard: Output[] = [];
  readonly #without: ReadonlySet<Layer>;
  readonly #env: Readonly<Record<string, string>>;
  readonly #copy: TemporaryFolder | undefined;
  readonly #denoDir = new TemporaryFolder();
  readonly #inputs: WritableStreamDefaultWriter[] = [];

  private constructor(
    without: readonly Layer[],
    env: Readonly<Record<string, string>>,
    copy: TemporaryFolder | undefined,
  ) {
    this.#without = new Set(without);
    this.#env = env;
    this.#copy = copy;
    this.sources = pathToFileURL(copy === undefined ? SOURCES : `${copy.path}/`).href;
  }

  /** Prepares such slots, which have these variables whatever else they have. */
  static async without(
    layers: readonly Layer[],
    env: Readonly<Record<string, string>>,
  ): Promise<BareSlots> {
    const lines = layers.flatMap((layer) => LINES[layer] ?? []);
    if (lines.length === 0) return new BareSlots(layers, env, undefined);
    const copy = new TemporaryFolder();
    await copyFolder(SOURCES, `${copy.path}/`);
    for (const { file, line } of lines) {
      const path = `${copy.path}/${file}`;
      const [before, after, ...more] = (await Deno.readTextFile(path)).split(line);
      if (after === undefined || more.length > 0) throw new Error(`Not once in ${file}: ${line}`);
      await Deno.writeTextFile(path, before + after);
    }
    return new BareSlots(layers, env, copy);
  }

  /** Whether they lack a layer. */
  lacks(layer: Layer): boolean {
    return this.#without.has(layer);
  }

  /** Starts one. */
  start(spawner: SlotSpawner): Promise<Spawned> {
    const { Command } = Deno;
    const pipes = new Set<"stdout" | "stderr">();
    const change = (options: SlotOptions) => this.#changed(options, pipes);
    const listen = (child: Deno.ChildProcess) => this.#withStreams(child, pipes);
    class BareCommand extends Command {
      constructor(command: string, options: Deno.CommandOptions = {}) {
        super(command, change(options as SlotOptions));
      }

      override spawn(): Deno.ChildProcess {
        return listen(super.spawn());
      }
    }
    Object.defineProperty(Deno, "Command", { value: BareCommand });
    try {
      // It starts its process before it waits for anything.
      return spawner.spawn();
    } finally {
      Object.defineProperty(Deno, "Command", { value: Command });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { ended } of this.heard) await ended;
    await Promise.allSettled(this.#inputs.map((input) => input.close()));
    await this.#copy?.[Symbol.asyncDispose]();
    await this.#denoDir[Symbol.asyncDispose]();
  }

  #changed(options: SlotOptions, pipes: Set<"stdout" | "stderr">): Deno.CommandOptions {
    const without = this.#without;
    const { DENO_DIR, ...env } = options.env;
    const folder = without.has("no folder") ? this.#denoDir.path : DENO_DIR;
    // What leads anywhere leads to us.
    for (const name of ["stdout", "stderr"] as const) {
      if (without.has("no streams") || options[name] !== "null") pipes.add(name);
    }
    return {
      ...options,
      args: this.#changedArgs(options.args),
      env: { ...env, ...(folder === undefined ? {} : { DENO_DIR: folder }), ...this.#env },
      ...(without.has("no environment") ? { clearEnv: false } : {}),
      ...Object.fromEntries(Array.from(pipes, (name) => [name, "piped"])),
    };
  }

  #changedArgs(original: readonly string[]): string[] {
    const own = pathToFileURL(SOURCES).href;
    const args = original.map((arg) => {
      return arg.replaceAll(own, this.sources).replaceAll(
        encodeURIComponent(own),
        encodeURIComponent(this.sources),
      ).replaceAll(SOURCES, fromFileUrl(new URL(this.sources)));
    });
    const drop = (pattern: RegExp) => {
      const index = args.findIndex((arg) => pattern.test(arg));
      if (index < 0) throw new Error(`Not among ${args}: ${pattern}`);
      args.splice(index, 1);
    };
    const without = this.#without;
    if (without.has("few permissions")) {
      for (const name of ["net=127", "read=", "sys="]) drop(new RegExp(`^--allow-${name}`));
      args.splice(1, 0, "--allow-all");
    }
    if (without.has("no code from texts")) {
      drop(/^--v8-flags=--disallow-code-generation-from-strings(,|$)/);
    }
    if (without.has("no imports")) {
      for (const flag of ["no-remote", "no-npm", "cached-only", "import-map=.*"]) {
        drop(new RegExp(`^--${flag}$`));
      }
    }
    return args;
  }

  /** Listens to it. Behind the line with which it starts, its input has a byte and no end if it may read. */
  #withStreams(child: Deno.ChildProcess, pipes: Set<"stdout" | "stderr">): Deno.ChildProcess {
    for (const name of pipes) this.heard.push(new Output(child[name]));
    if (!this.lacks("no streams")) return child;
    const writer = child.stdin.getWriter();
    this.#inputs.push(writer);
    const stdin = new WritableStream<Uint8Array>({
      write: async (line) => {
        const padded = new Uint8Array(MAX_SLOT_START_LINE_BYTES + 1).fill(0x20);
        padded.set(line);
        await writer.write(padded);
      },
    });
    const kill = (signal?: Deno.Signal) => child.kill(signal);
    return { stdin, status: child.status, kill } as Deno.ChildProcess;
  }
}

async function copyFolder(from: string, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (isDirectory) await copyFolder(`${from}${name}/`, `${to}${name}/`);
    else await Deno.copyFile(`${from}${name}`, `${to}${name}`);
  }
}
