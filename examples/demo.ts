/**
 * A room of three workers, and what its user sees when machines are lost: `deno task demo`.
 *
 * Everything is real: the roles are processes of their own, the client is the one that users type, and workers are
 * killed with SIGKILL. Only the ports are free ones, so that it runs beside anything else.
 *
 * @module
 */

import { fileURLToPath } from "node:url";

const PROJECT = new URL("../", import.meta.url);

/** What `deno run` gives each role: the same as its task in deno.json. */
const PERMISSIONS: Readonly<Record<string, readonly string[]>> = {
  worker: ["--allow-net", "--allow-read"],
  calc_server: ["--allow-net", "--allow-read"],
  client: ["--allow-net", "--allow-read", "--allow-write"],
};

/** No step takes anywhere near as long, unless something is broken. */
const PATIENCE_MS = 15_000;

const SUM = ["--op", "sum_squares", "--n", "9"];
const SUM_REPLY = '{"ok": true, "result": 285, "parts": [{"a": 1, "b": 3, "result": 14}, ' +
  '{"a": 4, "b": 6, "result": 77}, {"a": 7, "b": 9, "result": 194}]}';
const SUM_PRETTY = `{
  "ok": true,
  "result": 285,
  "parts": [
    {"a": 1, "b": 3, "result": 14},
    {"a": 4, "b": 6, "result": 77},
    {"a": 7, "b": 9, "result": 194}
  ]
}`;
const NONE_REPLY = '{"ok": false, "error": "ningún worker disponible"}';

/** The examples with every worker up: what is typed, what is printed, the exit status. */
const EXAMPLES: readonly (readonly [args: readonly string[], reply: string, code: number])[] = [
  [
    ["--op", "add", "--a", "10", "--b", "5"],
    '{"ok": true, "result": 15.0, "a": 10.0, "b": 5.0, "op": "add"}',
    0,
  ],
  [
    ["--op", "sub", "--a", "20", "--b", "7"],
    '{"ok": true, "result": 13.0, "a": 20.0, "b": 7.0, "op": "sub"}',
    0,
  ],
  [
    ["--op", "mul", "--a", "6", "--b", "9"],
    '{"ok": true, "result": 54.0, "a": 6.0, "b": 9.0, "op": "mul"}',
    0,
  ],
  [
    ["--op", "div", "--a", "10", "--b", "2"],
    '{"ok": true, "result": 5.0, "a": 10.0, "b": 2.0, "op": "div"}',
    0,
  ],
  [["--op", "div", "--a", "10", "--b", "0"], '{"ok": false, "error": "División por cero"}', 1],
  [SUM, SUM_REPLY, 0],
  [[...SUM, "--pretty"], SUM_PRETTY, 0],
];

/** A role that listens, and the command line that it was started with. */
interface Role {
  readonly child: Deno.ChildProcess;
  readonly port: number;
}

/** Everything that was started and has not ended. */
const running = new Set<Deno.ChildProcess>();
let wrong = 0;
let isInterrupted = false;
let serverPort = 0;

const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM", "SIGHUP"];
for (const signal of STOP_SIGNALS) {
  Deno.addSignalListener(signal, async () => {
    isInterrupted = true;
    await endAll();
    Deno.exit(130);
  });
}

try {
  await demonstrate();
} catch (error) {
  wrong++;
  say(`\nThe demonstration broke off: ${error instanceof Error ? error.message : error}`);
} finally {
  await endAll();
}
say(
  wrong === 0
    ? "\nEvery answer was right. Everything that was started has been stopped."
    : "\nNot every answer was right.",
);
Deno.exit(wrong === 0 ? 0 : 1);

async function demonstrate(): Promise<void> {
  say("# Three workers and a server, each a process of its own.");
  const workers = [await startSomewhere(), await startSomewhere(), await startSomewhere()];
  await startServer(workers.map(({ port }) => port));

  say("\n# The operations. A sum is cut into one part for each worker.");
  for (const [args, reply, code] of EXAMPLES) await ask(args, reply, code);

  say("\n# Worker 2 is killed. The answer is the same: another worker does its part.");
  await kill(workers[1]!);
  await ask(SUM, SUM_REPLY, 0);

  say("\n# The other workers are killed as well. Now there is nobody left to calculate.");
  await kill(workers[0]!);
  await kill(workers[2]!);
  await ask(SUM, NONE_REPLY, 1);

  say("\n# Worker 2 comes back, and is used again. Nobody has touched the server.");
  await startWorker(workers[1]!.port);
  await untilUp(workers[1]!.port);
  await ask(SUM, SUM_REPLY, 0);
  await ask(...EXAMPLES[0]!);
}

/**
 * A port on which nobody listens, below those that systems give away: a worker that is killed finds its own free
 * when it comes back.
 */
function freePort(): number {
  while (true) {
    const port = 10_240 + Math.floor(Math.random() * 20_000);
    try {
      Deno.listen({ hostname: "127.0.0.1", port }).close();
      return port;
    } catch (error) {
      if (!(error instanceof Deno.errors.AddrInUse)) throw error;
    }
  }
}

/** Starts a worker; somebody else may have taken a port that was free a moment ago, so there are some tries. */
async function startSomewhere(): Promise<Role> {
  for (let triesLeft = 3;; triesLeft--) {
    try {
      return await startWorker(freePort());
    } catch (error) {
      if (triesLeft === 1 || isInterrupted) throw error;
    }
  }
}

async function startWorker(port: number): Promise<Role> {
  const child = spawn("worker", ["--port", String(port)]);
  const lines = await readLines(child, "worker", 1);
  const role = { child, port: portOf(lines[0]!) };
  say(`$ worker --port ${role.port} &\n${lines[0]}`);
  return role;
}

async function startServer(ports: readonly number[]): Promise<void> {
  const workers = ports.map((port) => `127.0.0.1:${port}`);
  const child = spawn("calc_server", ["--port", "0", "--workers", ...workers]);
  const lines = await readLines(child, "calc_server", 2);
  serverPort = portOf(lines[0]!);
  say(`$ calc_server --port ${serverPort} --workers ${workers.join(" ")} &\n${lines.join("\n")}`);
}

/** Runs the client, shows what it prints, and notes if that is not what it should be. */
async function ask(args: readonly string[], reply: string, code: number): Promise<void> {
  const all = ["--port", String(serverPort), ...args];
  const outcome = await client(all);
  say(`$ client ${all.join(" ")}\n${outcome.stdout.trimEnd()}${outcome.stderr}`);
  if (outcome.stdout === reply + "\n" && outcome.code === code && outcome.stderr === "") return;
  wrong++;
  say(`WRONG: expected ${reply} and exit status ${code}, not ${outcome.code}`);
}

async function client(
  args: readonly string[],
): Promise<{ code: number; stdout: string; stderr: string }> {
  const child = spawn("client", args);
  const { code, stdout, stderr } = await within("the client", child.output());
  const decoder = new TextDecoder();
  return { code, stdout: decoder.decode(stdout), stderr: decoder.decode(stderr) };
}

async function kill({ child, port }: Role): Promise<void> {
  say(`$ kill -9 ${child.pid}    # the worker on port ${port}`);
  child.kill("SIGKILL");
  await within("the end of a killed worker", child.status);
}

/** A server dials a worker that is down again and again: it is found within a second. */
async function untilUp(port: number): Promise<void> {
  const name = `127.0.0.1:${port}`;
  const endMs = performance.now() + PATIENCE_MS;
  while (performance.now() < endMs) {
    const { stdout } = await client(["--port", String(serverPort), "status"]);
    const { workers } = JSON.parse(stdout) as { workers: { name: string; state: string }[] };
    if (workers.some((worker) => worker.name === name && worker.state === "up")) return;
  }
  throw new Error(`the server did not find the worker ${name} again`);
}

function spawn(role: string, args: readonly string[]): Deno.ChildProcess {
  const script = fileURLToPath(new URL(`${role}.ts`, PROJECT));
  const child = new Deno.Command(Deno.execPath(), {
    args: ["run", "--quiet", "--no-prompt", ...PERMISSIONS[role]!, script, ...args],
    cwd: fileURLToPath(PROJECT),
    stdin: "null",
    stdout: "piped",
    stderr: "piped",
  }).spawn();
  running.add(child);
  child.status.then(() => running.delete(child));
  return child;
}

/** The first lines of a role's stdout; what follows is left unread. */
async function readLines(child: Deno.ChildProcess, role: string, count: number): Promise<string[]> {
  const reader = child.stdout.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  while (text.split("\n").length <= count) {
    const { done, value } = await within(`the first line of a ${role}`, reader.read());
    if (done) throw new Error(`a ${role} ended at once: ${(await child.stderr.text()).trim()}`);
    text += value;
  }
  // What it logs is of no interest any more, and must not fill the pipe.
  child.stderr.cancel();
  return text.split("\n").slice(0, count);
}

function portOf(line: string): number {
  const port = Number(/:(\d+)$/.exec(line)?.[1]);
  if (!(port > 0)) throw new Error(`a role says "${line}" instead of where it listens`);
  return port;
}

async function within<T>(what: string, promise: Promise<T>): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`waited in vain for ${what}`)), PATIENCE_MS);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Ends whatever still runs, and waits for it. */
async function endAll(): Promise<void> {
  const all = [...running];
  for (const child of all) child.kill("SIGKILL");
  await Promise.all(all.map((child) => child.status));
}

function say(text: string): void {
  // What was cut short by Ctrl-C, or is read by nobody any more, says nothing.
  if (isInterrupted) return;
  const bytes = new TextEncoder().encode(text + "\n");
  try {
    for (let written = 0; written < bytes.length;) {
      written += Deno.stdout.writeSync(bytes.subarray(written));
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.BrokenPipe)) throw error;
    isInterrupted = true;
    endAll().then(() => Deno.exit(0));
  }
}
