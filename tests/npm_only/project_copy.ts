/** What a process left behind. */
export interface Outcome {
  /** Its exit status. */
  readonly code: number;
  /** What it wrote on stdout. */
  readonly stdout: string;
  /** What it wrote on stderr. */
  readonly stderr: string;
}

/** How a process in a copy of the project is started. */
export interface RunOptions {
  /** Variables beside our own. */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * What it reads on stdin.
   *
   * @default {new Uint8Array()}
   */
  readonly stdin?: Uint8Array<ArrayBuffer>;
}

/**
 * A role that says what reached it: its arguments, how much there was to read, and which package it
 * got. Its last argument is the exit status that it ends with.
 */
const ECHO_ROLE = `
import { toTransformStream } from "@std/streams/to-transform-stream";
let bytes = 0;
for await (const chunk of Deno.stdin.readable) bytes += chunk.length;
const origin = "origin" in toTransformStream ? "jsr" : "npm";
console.log(JSON.stringify({ args: Deno.args, bytes, origin }));
Deno.exit(Number(Deno.args.at(-1) ?? 0));
`;

const PROJECT = new URL("../../", import.meta.url);

/**
 * A copy of the project in which nothing was chosen yet, with an echo in place of the client and an
 * empty cache for Deno. It goes away with the test.
 */
export class ProjectCopy implements AsyncDisposable {
  /** Its folder. */
  readonly folder: string;
  readonly #parent: string;

  private constructor(parent: string) {
    this.#parent = parent;
    this.folder = `${parent}/project`;
  }

  /** Makes a copy in a temporary folder. */
  static async make(): Promise<ProjectCopy> {
    const copy = new ProjectCopy(await Deno.makeTempDir({ prefix: "aula setup " }));
    await copyFolder(new URL("npm_only/", PROJECT), `${copy.folder}/npm_only`);
    await Deno.writeTextFile(`${copy.folder}/deno.json`, await configWithoutNpm());
    await Deno.writeTextFile(`${copy.folder}/client.ts`, ECHO_ROLE);
    return copy;
  }

  /** Runs `deno` in the copy. Which JSR it sees is the caller's to say, with `JSR_URL`. */
  async deno(args: readonly string[], options: RunOptions = {}): Promise<Outcome> {
    const child = new Deno.Command(Deno.execPath(), {
      args: [...args],
      cwd: this.folder,
      env: { DENO_DIR: `${this.#parent}/deno_dir`, NO_COLOR: "1", ...options.env },
      stdin: "piped",
      stdout: "piped",
      stderr: "piped",
    }).spawn();
    const writing = ReadableStream.from([options.stdin ?? new Uint8Array()]).pipeTo(child.stdin);
    const [{ code, stdout, stderr }] = await Promise.all([child.output(), writing]);
    const decoder = new TextDecoder();
    return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
  }

  /** All files that git would keep, each with its content: what no run may change or add to. */
  async files(folder: string = this.folder): Promise<string[]> {
    const found: string[] = [];
    for await (const { name, isDirectory } of Deno.readDir(folder)) {
      if (name === ".local") continue;
      const path = `${folder}/${name}`;
      if (isDirectory) found.push(...await this.files(path));
      else found.push(`${path} ${await Deno.readTextFile(path)}`);
    }
    return found.sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.#parent, { recursive: true });
  }
}

/** The project's deno.json without the packages from npm, which `deno task` would fetch each time. */
async function configWithoutNpm(): Promise<string> {
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", PROJECT)));
  const imports: Record<string, string> = config.imports;
  const others = Object.entries(imports).filter(([, specifier]) => !specifier.startsWith("npm:"));
  return JSON.stringify({ ...config, imports: Object.fromEntries(others) });
}

/** Copies all that is in a folder, save for what setup made there. */
async function copyFolder(from: URL, to: string): Promise<void> {
  await Deno.mkdir(to, { recursive: true });
  for await (const { name, isDirectory } of Deno.readDir(from)) {
    if (name === ".local") continue;
    if (isDirectory) await copyFolder(new URL(`${name}/`, from), `${to}/${name}`);
    else await Deno.copyFile(new URL(name, from), `${to}/${name}`);
  }
}
