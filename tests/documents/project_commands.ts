/**
 * What a reader types, as this machine can run it: the tasks of deno.json in any folder, on free ports.
 *
 * @module
 */
import { freePort } from "../support/ports.ts";
import { fromFileUrl, PROJECT } from "../support/paths.ts";

/** The port at which the documents' clients find their server where none is named. */
const SERVER_PORT = "5000";
const DOCUMENTED_PORT = /\b(?:500[01]|600[1-9])\b/g;
const TASK = /\bdeno task (worker|calc_server|client|start)\b/g;
const CLIENT = /\b(?:deno task|dist\/)\s?client\b/;

/** The tasks that are commands of the READMEs, and the ports that stand for those in the documents. */
export class ProjectCommands {
  readonly #ports = new Map<string, string>();
  readonly #calls = new Map<string, string>();

  /** Reads the tasks. */
  constructor() {
    const { tasks } = JSON.parse(Deno.readTextFileSync(new URL("deno.json", PROJECT)));
    for (const name of ["worker", "calc_server", "client", "start"]) {
      this.#calls.set(name, inAnyFolder(tasks[name]));
    }
  }

  /** The port of this run that stands for one of the documents. */
  port(documented: string): string {
    const known = this.#ports.get(documented);
    if (known !== undefined) return known;
    const taken = [...this.#ports.values()];
    let port: string;
    do port = String(freePort()); while (taken.includes(port));
    this.#ports.set(documented, port);
    return port;
  }

  /** A text of the documents with the ports of this run. */
  withRealPorts(text: string): string {
    return text.replace(DOCUMENTED_PORT, (port) => this.port(port));
  }

  /** A command of the documents with the ports of this run, and without `deno task`. */
  runnable(command: string): string {
    const port = `--port ${this.port(SERVER_PORT)}`;
    const namesPort = /--(?:port|server|config|version|here)\b/.test(command);
    return this.withRealPorts(command)
      .replace(CLIENT, (client) => namesPort ? client : `${client} ${port}`)
      .replace(/\bdeno task start\b/, (start) => `${start} ${port}`)
      .replace(TASK, (_, name) => this.#calls.get(name)!);
  }
}

/** What a task runs once the packages were chosen, with full paths. */
function inAnyFolder(task: string): string {
  const call = /deno run [^&|]*$/.exec(task)?.[0];
  if (call === undefined) throw new Error(`The task does not end in its script: ${task}`);
  const root = fromFileUrl(PROJECT);
  return call
    .replace(/\$\(cat ([^)]+)\)/, (_, path) => Deno.readTextFileSync(`${root}${path}`).trim())
    .replace(/\w+\.ts/, (script) => `'${root}${script}'`);
}
