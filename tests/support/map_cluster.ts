import { type Listening, type Server, startServer, startWorker } from "./cluster.ts";
import { TemporaryFolder } from "./paths.ts";
import type { Outcome, Process } from "./process.ts";
import { type RoleOptions, startRole } from "./roles.ts";

/** A server, workers that run code, and a folder in which clients read and write. */
export class MapCluster implements AsyncDisposable {
  /** Where clients run. */
  readonly folder: TemporaryFolder = new TemporaryFolder();
  readonly workers: readonly Listening[];
  /** May be replaced by one that listens on the same port. */
  server: Server;

  private constructor(workers: readonly Listening[], server: Server) {
    this.workers = workers;
    this.server = server;
  }

  /** Starts so many workers with one slot each, and their server. */
  static async launch(count = 2): Promise<MapCluster> {
    const workers = await Promise.all(Array.from({ length: count }, () =>
      startWorker({
        args: ["--allow-code", "--slots", "1"],
      })));
    return new MapCluster(workers, await startServer({ workers }));
  }

  /** Writes a file into the folder. */
  async write(name: string, content: string): Promise<void> {
    await this.folder.write(name, content);
  }

  /** Reads a file of the folder. */
  read(name: string): Promise<string> {
    return Deno.readTextFile(`${this.folder.path}/${name}`);
  }

  /** Runs `client map` to its end. */
  async map(args: readonly string[], options: RoleOptions = {}): Promise<Outcome> {
    await using client = this.start(args, options);
    return await client.outcome();
  }

  /** Starts `client map`. */
  start(args: readonly string[], options: RoleOptions = {}): Process {
    const { port } = this.server.address;
    const words = ["map", ...args, "--port", String(port)];
    return startRole("client", words, { cwd: this.folder.path, ...options });
  }

  /** Kills the server and starts another one in its place. */
  async replaceServer(): Promise<void> {
    const { port } = this.server.address;
    await this.server.kill();
    await this.server[Symbol.asyncDispose]();
    this.server = await startServer({ port, workers: this.workers });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await Promise.all(this.workers.map((worker) => worker[Symbol.asyncDispose]()));
    await this.folder[Symbol.asyncDispose]();
  }
}

/** A file's lines. */
export function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}
