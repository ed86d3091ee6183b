/**
 * A reader who types every command of a README, in the terminals that it names.
 *
 * @module
 */
import { delimiter, dirname } from "node:path";
import { assert, assertEquals } from "@std/assert";
import { LineClient } from "../support/line_client.ts";
import { fromFileUrl, PROJECT, TemporaryFolder } from "../support/paths.ts";
import { type Outcome, Process } from "../support/process.ts";
import { until } from "../support/waiting.ts";
import type { Block } from "./markdown.ts";
import { matches } from "./pattern.ts";
import { ProjectCommands } from "./project_commands.ts";
import { CTRL_C, type Step, stepsOf } from "./steps.ts";

const PROJECT_FOLDER = fromFileUrl(PROJECT);
/** The Deno that runs this test is the one that the commands find. */
const ENVIRONMENT = {
  NO_COLOR: "1",
  PATH: [dirname(Deno.execPath()), Deno.env.get("PATH") ?? ""].join(delimiter),
};
const NPX = "npx -y deno@2.9.6 task ";
const THROUGH_NC = /^(.+) \| nc -N (\S+) (\d+)$/;
const WORKERS_LINE = /^Workers: \[(.*)\]$/m;

/** What a reader has on the screen: a folder with the project's examples, and terminals. */
export class Session implements AsyncDisposable {
  /** What a user of the test is to know: what was not run, or not as it stands. */
  readonly notes: string[] = [];
  readonly #commands = new ProjectCommands();
  readonly #folder = new TemporaryFolder();
  readonly #terminals = new Map<number, Process>();
  /** Programs of other projects: how they end is not ours to say, nor when a server hears of it. */
  readonly #strangers = new Set<Process>();

  /** Copies the examples to where the reader is. */
  async start(): Promise<void> {
    await Deno.mkdir(`${this.#folder.path}/examples`);
    const examples = fromFileUrl(new URL("examples/", PROJECT));
    for await (const { name, isFile } of Deno.readDir(examples)) {
      if (!isFile) continue;
      const text = await Deno.readTextFile(`${examples}${name}`);
      await this.#write(`examples/${name}`, text.replaceAll('"../mod.ts"', MODULE));
    }
  }

  /** Does what a block shows. */
  async block(block: Block): Promise<void> {
    if (block.language === "sh") {
      for (const step of stepsOf(block)) await this.#step(step);
    } else {
      // A program or a file names itself on its first line.
      const name = /^(?:\/\/|#) (\S+\.\w+)$/.exec(block.lines[0] ?? "")?.[1];
      assert(name !== undefined, `Line ${block.line}: a ${block.language} block without a name`);
      const text = block.lines.join("\n").replace('"./mod.ts"', MODULE);
      await this.#write(name, text + "\n");
    }
  }

  /** Ends everything that still runs. */
  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of this.#terminals.values()) await process[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }

  #write(name: string, text: string): Promise<string> {
    return this.#folder.write(name, this.#commands.withRealPorts(text));
  }

  async #step(step: Step): Promise<void> {
    const { terminal, command } = step;
    if (command.startsWith("python3 ") && !hasProgram("python3")) {
      this.notes.push(`line ${step.line}: not run, there is no python3 here`);
    } else if (terminal === undefined) await this.#runToEnd(step);
    else if (command === CTRL_C) await this.#interrupt(step, terminal);
    else await this.#keepRunning(step, terminal);
  }

  async #keepRunning(step: Step, terminal: number): Promise<void> {
    const busy = this.#terminals.get(terminal);
    if (busy !== undefined) {
      await until(`terminal ${terminal} to be free`, () => busy.stdout.isEnded);
    }
    const process = this.#spawn(`exec ${this.#commands.runnable(step.command)}`);
    this.#terminals.set(terminal, process);
    if (!step.command.startsWith("deno task ")) this.#strangers.add(process);
    const shown = () => linesOf(process.stdout.text);
    await until(
      `line ${step.line}: what "${step.command}" prints`,
      () => process.stdout.isEnded || shown().length >= step.expected.length,
    );
    this.#compare(step, shown(), process.stderr.text);
    await this.#untilServerKnows(process, true);
  }

  async #interrupt(step: Step, terminal: number): Promise<void> {
    const process = this.#terminals.get(terminal);
    if (process === undefined) {
      assert(!hasProgram("python3"), `Line ${step.line}: nothing runs in terminal ${terminal}`);
      return;
    }
    this.#terminals.delete(terminal);
    await using ended = process;
    ended.kill("SIGINT");
    const { code, stderr } = await ended.outcome();
    if (this.#strangers.has(ended)) return;
    assertEquals(code, 0, `Line ${step.line}: Ctrl-C did not end it well: ${stderr}`);
    await this.#untilServerKnows(process, false);
  }

  /** Waits until the server has seen a worker come or go; or, of a server, until it has its workers. */
  async #untilServerKnows(changed: Process, isUp: boolean): Promise<void> {
    const servers = [...this.#terminals.values()].filter(isServer);
    for (const server of servers) {
      const names = server === changed ? this.#reachable(server) : addressesOf(changed);
      for (const name of names.filter((one) => addressesOf(server).includes(one))) {
        const state = isUp ? "up" : "down";
        await until(
          `"${name}" to be ${state} in: ${server.stderr.text}`,
          () => lastStateIsUp(server, name) === isUp,
        );
      }
    }
    for (const server of servers.filter((one) => one !== changed)) {
      await this.#untilJoined(changed, server, isUp);
    }
  }

  /** Waits until a server lists a worker that joins it, or, if that has ended, no longer does. */
  async #untilJoined(worker: Process, server: Process, isUp: boolean): Promise<void> {
    const address = listeningAt(server)!;
    if (!joinsOf(worker).includes(address)) return;
    await until(`${address} to know of: ${worker.stderr.text}`, async () => {
      const name = worker.stderr.text.match(`joined ${address} as (\\S+)`)?.[1];
      const state = name === undefined ? undefined : await stateOf(name, address);
      return state === (isUp ? "up" : undefined);
    });
  }

  /** Those of a server's workers that run in a terminal, or that it has started itself. */
  #reachable(server: Process): readonly string[] {
    const workers = [...this.#terminals.values()].filter((one) => !isServer(one));
    return workers.length === 0 ? addressesOf(server) : workers.flatMap(addressesOf);
  }

  async #runToEnd(step: Step): Promise<void> {
    const { command } = step;
    if (command.startsWith(NPX)) return await this.#npx(step);
    if (command === "deno task compile") return await this.#compile(step);
    const { lines, stderr } = await this.#output(step);
    this.#compare(step, lines, stderr);
  }

  /** The two commands that come first: one is run, the other is what runs this very test. */
  async #npx(step: Step): Promise<void> {
    const { command, line } = step;
    if (command === `${NPX}test`) {
      assertEquals(await commandOfGate(), command, `Line ${line}`);
      this.notes.push(
        `line ${line}: "${command}" is what runs this test, so it was not begun again`,
      );
      return;
    }
    const task = command.slice(NPX.length);
    await this.#succeed(step, ["deno", "task", task], `as "deno task ${task}"`);
  }

  async #compile(step: Step): Promise<void> {
    const output = `${this.#folder.path}/dist`;
    await this.#succeed(
      step,
      ["deno", "task", "compile", "--output", output],
      "into another folder",
    );
  }

  async #succeed(step: Step, words: readonly string[], how: string): Promise<void> {
    const [command = "", ...args] = words;
    await using process = new Process({
      ...{ command, args, cwd: PROJECT_FOLDER, env: ENVIRONMENT, clearEnv: false },
    });
    const { code, stderr } = await process.outcome();
    assertEquals(code, 0, `Line ${step.line}: ${step.command}\n${stderr}`);
    this.notes.push(`line ${step.line}: "${step.command}" was run ${how}`);
  }

  async #output(step: Step): Promise<{ lines: string[]; stderr: string }> {
    const command = this.#commands.runnable(step.command);
    const [, left, host, port] = THROUGH_NC.exec(command) ?? [];
    if (left !== undefined && !hasProgram("nc")) {
      this.notes.push(`line ${step.line}: sent by the test itself, as there is no nc here`);
      const { stdout } = await this.#finish(left);
      using peer = await LineClient.connect({ host: host!, port: Number(port) });
      await peer.send(stdout);
      await peer.endSending();
      return { lines: await peer.rest(), stderr: "" };
    }
    const { stdout, stderr } = await this.#finish(command);
    return { lines: linesOf(stdout), stderr };
  }

  async #finish(command: string): Promise<Outcome> {
    await using process = this.#spawn(command);
    return await process.outcome();
  }

  #spawn(command: string): Process {
    return new Process({
      command: "sh",
      args: ["-c", command],
      cwd: this.#folder.path,
      env: ENVIRONMENT,
      clearEnv: false,
    });
  }

  #compare(step: Step, lines: readonly string[], stderr: string): void {
    const expected = step.expected.map((line) => this.#commands.withRealPorts(line));
    const isSame = lines.length === expected.length &&
      expected.every((pattern, index) => matches(pattern, lines[index]!));
    if (isSame) return;
    // Fails, with the difference shown.
    assertEquals(lines, expected, `Line ${step.line}: ${step.command}\n${stderr}`);
  }
}

const MODULE = JSON.stringify(new URL("mod.ts", PROJECT).href);

/** The test command that .ci/run takes out of the README, by a pattern of its own. */
async function commandOfGate(): Promise<string | undefined> {
  const gate = await Deno.readTextFile(new URL(".ci/run", PROJECT));
  const pattern = /^pattern='(.+)'$/m.exec(gate)?.[1];
  if (pattern === undefined) throw new Error(".ci/run does not look for the README's command");
  const readme = await Deno.readTextFile(new URL("README.md", PROJECT));
  return readme.split("\n").find((line) => new RegExp(pattern).test(line));
}

/** Whether this machine has a program. */
export function hasProgram(name: string): boolean {
  const { success } = new Deno.Command("sh", {
    args: ["-c", `command -v ${name}`],
    stdout: "null",
    stderr: "null",
  }).outputSync();
  return success;
}

function isServer(process: Process): boolean {
  return WORKERS_LINE.test(process.stdout.text);
}

/** The address at which a worker listens; those of its workers, if it is a server. */
function addressesOf(process: Process): string[] {
  const { text } = process.stdout;
  const workers = WORKERS_LINE.exec(text)?.[1];
  if (workers !== undefined) return [...workers.matchAll(/'([^']+)'/g)].map(([, name]) => name!);
  const own = listeningAt(process);
  return own === undefined ? [] : [own];
}

function listeningAt(process: Process): string | undefined {
  return /listening on (\S+)/.exec(process.stdout.text)?.[1];
}

/** The servers that a worker joins. */
function joinsOf(process: Process): readonly string[] {
  return /\] joining (.*)/.exec(process.stdout.text)?.[1]?.split(", ") ?? [];
}

/** What a server says of one of its workers; `undefined` if it has none of that name. */
async function stateOf(worker: string, address: string): Promise<string | undefined> {
  const [host = "", port] = address.split(":");
  using asking = await LineClient.connect({ host, port: Number(port) });
  const { workers } = JSON.parse(await asking.ask('{"op":"status"}'));
  return workers.find(({ name }: { name: string }) => name === worker)?.state;
}

/** Whether the last thing that a server said of a worker is that it is up, or down; else `undefined`. */
function lastStateIsUp(server: Process, name: string): boolean | undefined {
  const lines = linesOf(server.stderr.text).filter((line) => line.includes(`worker ${name} is `));
  const last = lines.at(-1) ?? "";
  if (last.endsWith(`worker ${name} is up`)) return true;
  return last.includes(`worker ${name} is down`) ? false : undefined;
}

function linesOf(text: string): string[] {
  const lines = text.split("\n");
  if (lines.at(-1) === "") lines.pop();
  return lines;
}
