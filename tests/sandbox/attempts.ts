/**
 * What a user's function may try in order to get at the machine, by the kind of thing that it is after.
 *
 * @module
 */
import { builtinModules } from "node:module";
import type { Layer } from "./layers.ts";

/** What Deno has, and the names that it had or may have. */
const MODULES = [
  ...builtinModules.map((name) => name.startsWith("node:") ? name : `node:${name}`),
  ...[
    "_http_client",
    "_http_incoming",
    "_http_server",
    "bigint",
    "ffi",
    "internal",
    "module",
    "quic",
  ]
    .concat(["sea", "sqlite", "test", "undici", "wasi", "ws"]).map((name) => `node:${name}`),
];

/** A variable of whoever starts the slot, with "secret" in it. */
export const VARIABLE = "AULA_TEST_SECRET";

/** What attempts are after, as SECURITY.md counts them. */
export type Kind = "files" | "network" | "surroundings" | "code" | "internals" | "imports" | "end";

/** One attempt. */
export interface Attempt {
  readonly kind: Kind;
  /** What it is after. */
  readonly name: string;
  /** The body of an async `map`, which gives `true` if it got what it was after. */
  readonly body: string;
  /** What stands in front of `map`. */
  readonly before?: string;
  /** What is heard where the process writes, if it gets through. */
  readonly isHeard?: string;
  /**
   * The layers each of which stops it by itself: it succeeds where all of these are away. None of them stops
   * what the platform itself denies, which could only be tried here, nor what our own code takes care of.
   */
  readonly stoppedBy: readonly Layer[];
  /** Whether it succeeds if its process, or its thread, ends. */
  readonly ends?: boolean;
}

/** What attempts are made on. */
export interface Targets {
  /** Address of a folder with secret.json, secret.txt and secret.js. */
  readonly folder: string;
  /** The same folder's path. */
  readonly path: string;
  /** A port where somebody listens who counts. */
  readonly port: number;
  /** Address of the folder of the slot's own sources. */
  readonly sources: string;
}

/** All attempts. */
export function attempts(targets: Targets): Attempt[] {
  const { folder, path, port } = targets;
  const secret = JSON.stringify(`${path}/secret.txt`);
  const made = JSON.stringify(`${path}/made.txt`);
  const url = (name: string) => JSON.stringify(`${folder}/${name}`);
  return [
    ...of("files", GRANTED, files(secret, made, url)),
    ...of("network", LOOPBACK, network(port)),
    ...of("surroundings", GRANTED, surroundings()),
    ...of("code", ["no code from texts"], code()),
    ...of("internals", PRELUDE, internals()),
    // These come last: some parts of the platform put things back when they are loaded.
    ...of("imports", IMPORTS, imports(targets, url)),
    ...of("end", PRELUDE, ends()),
  ];
}

const PRELUDE: readonly Layer[] = ["prelude"];
const REVOKED: readonly Layer[] = ["thread's permissions", "process's permissions"];
/** A slot may use loopback until it is connected. */
const LOOPBACK: readonly Layer[] = ["prelude", ...REVOKED];
const GRANTED: readonly Layer[] = [...LOOPBACK, "few permissions"];
const IMPORTS: readonly Layer[] = ["no words that import", "no imports"];
const FILE: readonly Layer[] = [...REVOKED, "few permissions", ...IMPORTS];
const NOBODY: readonly Layer[] = [];

/** An attempt that is stopped by what stops most of its kind, unless it says otherwise. */
type Told = Omit<Attempt, "kind" | "stoppedBy"> & { readonly stoppedBy?: readonly Layer[] };

function of(kind: Kind, stoppedBy: readonly Layer[], told: readonly Told[]): Attempt[] {
  return told.map((one) => ({ kind, stoppedBy, ...one }));
}

function files(secret: string, made: string, url: (name: string) => string): Told[] {
  return [
    { name: "read a file", body: `return Deno.readTextFileSync(${secret}) === "secret"` },
    { name: "write a file", body: `Deno.writeTextFileSync(${made}, "x"); return true` },
    { name: "list a folder", body: `return [...Deno.readDirSync("/")].length > 0` },
    {
      name: "read a file by fetch",
      body: `return (await (await fetch(${url("secret.txt")})).text()) === "secret"`,
    },
    {
      name: "read a file by node:fs",
      body:
        `return process.getBuiltinModule("node:fs").readFileSync(${secret}, "utf8") === "secret"`,
    },
    { name: "change the folder", body: `Deno.chdir("/"); return true` },
    {
      name: "keep something in the cache API",
      body: `const cache = await caches.open("aula-test");
        await cache.put("http://a/b", new Response("x"));
        await caches.delete("aula-test"); return true`,
      stoppedBy: [...PRELUDE, "no folder"],
    },
    {
      name: "keep something in local storage",
      body: "return localStorage.length >= 0",
      stoppedBy: NOBODY,
    },
    {
      name: "open a key-value store",
      body: "return typeof Deno.openKv === 'function'",
      stoppedBy: NOBODY,
    },
    {
      name: "reach a file by a blob's address",
      body: `return typeof URL.createObjectURL(new Blob(["x"])) === "string"`,
      stoppedBy: PRELUDE,
    },
  ];
}

function network(port: number): Told[] {
  const http = JSON.stringify(`http://127.0.0.1:${port}/`);
  return [
    { name: "fetch", body: `return (await fetch(${http})).status === 200` },
    {
      name: "connect",
      body: `(await Deno.connect({ hostname: "127.0.0.1", port: ${port} })).close(); return true`,
    },
    {
      name: "listen",
      body: `Deno.listen({ hostname: "127.0.0.1", port: 0 }).close(); return true`,
    },
    {
      name: "open a WebSocket",
      body: `return await new Promise((resolve, reject) => {
        const socket = new WebSocket("ws://127.0.0.1:${port}/");
        socket.onopen = () => { socket.close(); resolve(true); };
        socket.onerror = () => reject(new Error("no socket"));
      })`,
    },
    {
      name: "open an event source",
      body: `new EventSource(${http}).close(); return true`,
      stoppedBy: PRELUDE,
    },
    {
      name: "connect by node:net",
      body: `return await new Promise((resolve, reject) => {
        const socket = process.getBuiltinModule("node:net").connect(${port}, "127.0.0.1");
        socket.on("connect", () => { socket.destroy(); resolve(true); });
        socket.on("error", reject);
      })`,
    },
    {
      name: "ask for a name",
      body: `return (await Deno.resolveDns("localhost", "A")).length >= 0`,
      stoppedBy: GRANTED,
    },
    {
      name: "talk to other threads by a channel",
      body: `new BroadcastChannel("x").postMessage(1); return true`,
      stoppedBy: PRELUDE,
    },
  ];
}

function surroundings(): Told[] {
  return [
    {
      name: "read the environment",
      body: `return Deno.env.get("${VARIABLE}") === "secret"`,
      stoppedBy: [...GRANTED, "no environment"],
    },
    {
      name: "read process.env",
      body: `return process.env.${VARIABLE} === "secret"`,
      stoppedBy: [...GRANTED, "no environment"],
    },
    { name: "learn the machine's name", body: `return Deno.hostname().length > 0` },
    { name: "learn the machine's memory", body: `return Deno.systemMemoryInfo().total > 0` },
    {
      name: "learn the cores",
      body: `return navigator.hardwareConcurrency > 0`,
      stoppedBy: PRELUDE,
    },
    {
      name: "learn the own program's path",
      body: `return Deno.execPath().length > 0`,
      stoppedBy: PRELUDE,
    },
    { name: "learn the process's number", body: `return Deno.pid > 0`, stoppedBy: PRELUDE },
    {
      name: "start a process",
      body:
        `return new Deno.Command(Deno.execPath(), { args: ["--version"] }).outputSync().success`,
    },
    {
      name: "start a process by node:child_process",
      body: `const { execFileSync } = process.getBuiltinModule("node:child_process");
        return execFileSync(Deno.execPath(), ["--version"]).length > 0`,
    },
    { name: "load a library", body: `Deno.dlopen("libc.so.6", {}).close(); return true` },
    {
      name: "read standard input",
      body: `return Deno.stdin.readSync(new Uint8Array(1)) === 1`,
      stoppedBy: [...PRELUDE, "no streams"],
    },
    {
      name: "write on standard output",
      body: `return Deno.stdout.writeSync(new TextEncoder().encode("to stdout")) > 0`,
      isHeard: "to stdout",
      stoppedBy: [...PRELUDE, "no streams"],
    },
    {
      name: "write on standard error",
      body: `return Deno.stderr.writeSync(new TextEncoder().encode("to stderr")) > 0`,
      isHeard: "to stderr",
      stoppedBy: [...PRELUDE, "no streams"],
    },
    {
      name: "take a signal",
      body: `Deno.addSignalListener("SIGTERM", () => {}); return true`,
      stoppedBy: PRELUDE,
    },
    {
      name: "send a signal to itself",
      body: `Deno.kill(Deno.pid, "SIGCONT"); return true`,
      stoppedBy: PRELUDE,
    },
    {
      name: "send a signal to the process that started it",
      body: `Deno.kill(Deno.ppid, "SIGCONT"); return true`,
    },
    {
      name: "be given permissions",
      body: `return Deno.permissions.querySync({ name: "read" }).state === "granted"`,
    },
    {
      name: "ask the user",
      body: `return typeof prompt === "function" && prompt("?") !== null`,
      stoppedBy: NOBODY,
    },
    {
      name: "use the graphics card",
      body: `return navigator.gpu !== undefined`,
      stoppedBy: PRELUDE,
    },
    {
      name: "lower or raise the priority",
      body: `process.getBuiltinModule("node:os").setPriority(19); return true`,
      stoppedBy: LOOPBACK,
    },
    {
      name: "print beside the protocol",
      body: `return console.log.toString().includes("native")`,
      stoppedBy: NOBODY,
    },
  ];
}

function code(): Told[] {
  return [
    { name: "eval", body: `return eval("1 + 1") === 2` },
    { name: "indirect eval", body: `return (0, eval)("typeof globalThis") === "object"` },
    { name: "new Function", body: `return new Function("return true")()` },
    { name: "a function's constructor", body: `return (() => {}).constructor("return true")()` },
    {
      name: "an async function's constructor",
      body: `return await Object.getPrototypeOf(async () => {}).constructor("return true")()`,
    },
    {
      name: "a generator's constructor",
      body:
        `return Object.getPrototypeOf(function* () {}).constructor("return true")().next().value`,
    },
    {
      name: "the constructor of a function of ours",
      body: `return setTimeout.constructor.constructor("return true")()`,
    },
    {
      name: "the constructor of the context's function",
      body: `return [].concat.call.constructor("return true")()`,
    },
    {
      name: "a timer with a text",
      body: `globalThis.seen = false;
        setTimeout("globalThis.seen = true", 0);
        await new Promise((resolve) => setTimeout(resolve, 20));
        return globalThis.seen`,
      // Deno of today asks for a function; older ones ran the text.
      stoppedBy: NOBODY,
    },
    {
      name: "a nested Worker",
      body: `return await new Promise((resolve, reject) => {
        const worker = new Worker("data:text/javascript,postMessage(1)", { type: "module" });
        worker.onmessage = () => resolve(true);
        worker.onerror = reject;
      })`,
      stoppedBy: PRELUDE,
    },
    {
      name: "importScripts",
      body: `importScripts("data:text/javascript,1"); return true`,
      stoppedBy: NOBODY,
    },
    {
      name: "another realm",
      body: `return new ShadowRealm().evaluate("true")`,
      stoppedBy: NOBODY,
    },
    {
      name: "another realm by node:vm",
      body: `return process.getBuiltinModule("node:vm").runInNewContext("true")`,
      stoppedBy: PRELUDE,
    },
  ];
}

function internals(): Told[] {
  return [
    { name: "Deno", body: `return typeof Deno === "object"` },
    {
      name: "Deno's operations",
      body: `return Object.keys(Deno[Deno.internal].core.ops).length > 0`,
    },
    { name: "the global process", body: `return typeof process === "object"` },
    { name: "the global Buffer", body: `return typeof Buffer === "function"` },
    {
      name: "what the scope inherits",
      body:
        `return typeof Object.getPrototypeOf(globalThis).constructor.prototype.postMessage === "function" || typeof postMessage === "function"`,
    },
    {
      name: "what the frames of a stack are made of",
      body: `const seen = [];
        try {
          Error.prepareStackTrace = (_, frames) => {
            for (const frame of frames) seen.push(frame.getThis?.(), frame.getFunction?.());
            return frames;
          };
        } catch { return false }
        const { stack } = new Error("x");
        delete Error.prepareStackTrace;
        return Array.isArray(stack)`,
    },
    {
      name: "the caller",
      body: `function inner() { return inner.caller ?? arguments.callee; }
        return typeof inner() === "function"`,
      stoppedBy: NOBODY,
    },
    {
      name: "a port that messages go through",
      body: `if (typeof MessageChannel !== "function") return false;
        let found = false;
        const { dispatchEvent } = EventTarget.prototype;
        EventTarget.prototype.dispatchEvent = function (event) {
          if (typeof MessagePort === "function" && this instanceof MessagePort) found = true;
          return dispatchEvent.call(this, event);
        };
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => {};
        port2.postMessage(1);
        await new Promise((resolve) => setTimeout(resolve, 20));
        port1.close();
        EventTarget.prototype.dispatchEvent = dispatchEvent;
        return found`,
    },
    {
      name: "to post messages of its own",
      body: `globalThis.onmessage = null; postMessage(true); return true`,
    },
    {
      name: "a system call of WebAssembly",
      body: `return typeof WebAssembly.wasi === "object"`,
      stoppedBy: NOBODY,
    },
    {
      name: "the platform's own symbols",
      body:
        `return Reflect.ownKeys(globalThis).some((key) => /deno|bootstrap|internal/i.test(String(key)))`,
    },
  ];
}

function imports({ port, sources }: Targets, url: (name: string) => string): Told[] {
  const text = (module: string) =>
    JSON.stringify(`data:text/javascript,${encodeURIComponent(module)}`);
  return [
    {
      name: "import a .json file",
      body: `return (await import(${
        url("secret.json")
      }, { with: { type: "json" } })).default === "secret"`,
      stoppedBy: FILE,
    },
    {
      name: "import a .js file",
      body: `return (await import(${url("secret.js")})).secret === "secret"`,
      stoppedBy: FILE,
    },
    {
      name: "import a .json file by a computed name",
      body: `const name = [${url("secret.json")}].join("");
        return (await import(name, { with: { type: "json" } })).default === "secret"`,
      stoppedBy: FILE,
    },
    {
      name: "import a .json file behind dots, where it looks like a property",
      body: `let imported;
        Promise.prototype[Symbol.iterator] = function () { imported = this; return [].values(); };
        [...import(${url("secret.json")}, { with: { type: "json" } })];
        delete Promise.prototype[Symbol.iterator];
        return (await imported).default === "secret"`,
      stoppedBy: FILE,
    },
    {
      name: "import a file as text",
      body: `return (await import(${
        url("secret.txt")
      }, { with: { type: "text" } })).default === "secret"`,
      stoppedBy: FILE,
    },
    {
      name: "import a .json file statically",
      before: `import secret from ${url("secret.json")} with { type: "json" };`,
      body: `return secret === "secret"`,
      stoppedBy: FILE,
    },
    {
      name: "export what a .js file exports",
      before: `export * from ${url("secret.js")};`,
      body: `return true`,
      stoppedBy: FILE,
    },
    {
      name: "import a module from a text",
      body: `return (await import(${text("export default 1 + 1")})).default === 2`,
      stoppedBy: ["no words that import"],
    },
    {
      name: "import a module from a text, which imports a file",
      body: `const inner = ${
        text(`import secret from ${url("secret.json")} with { type: "json" };
        export default secret`)
      };
        return (await import(inner)).default === "secret"`,
      stoppedBy: FILE,
    },
    {
      name: "read a file by an imported node:fs",
      body: `const fs = await import("node:fs");
        return fs.readFileSync(new URL(${url("secret.txt")}), "utf8") === "secret"`,
      stoppedBy: [...PRELUDE, ...FILE],
    },
    {
      name: "start a process by an imported node:child_process",
      body: `const { execFileSync } = await import("node:child_process");
        return execFileSync("/bin/true").length === 0`,
      stoppedBy: [...PRELUDE, ...FILE],
    },
    {
      name: "read the environment by an imported node:process",
      body: `return (await import("node:process")).default.env.${VARIABLE} === "secret"`,
      stoppedBy: [...PRELUDE, ...FILE, "no environment"],
    },
    {
      name: "start a thread by an imported node:worker_threads",
      body: `const { Worker } = await import("node:worker_threads");
        new Worker("postMessage(1)", { eval: true }).unref(); return true`,
      stoppedBy: [...PRELUDE, ...IMPORTS],
    },
    {
      name: "run code of a text by an imported node:vm",
      body: `return (await import("node:vm")).runInThisContext("1 + 1") === 2`,
    },
    {
      name: "import any module of Deno's own",
      body: `const imported = ${JSON.stringify(MODULES)}.map((name) => import(name));
        return (await Promise.allSettled(imported)).some(({ status }) => status === "fulfilled")`,
    },
    {
      name: "import a module of ours that is loaded already",
      body: `return Object.keys(await import(${
        JSON.stringify(`${sources}jobs/primordials.ts`)
      })).length > 0`,
    },
    {
      name: "import an npm package",
      body: `return (await import("npm:aula-secret")) !== undefined`,
      stoppedBy: [...IMPORTS, "no folder"],
    },
    {
      name: "import a JSR package",
      body: `return (await import("jsr:@aula/secret")).secret === "secret"`,
      stoppedBy: [...REVOKED, ...IMPORTS, "no folder"],
    },
    {
      name: "import from the web",
      body: `return (await import(${
        JSON.stringify(`http://127.0.0.1:${port}/secret.js`)
      })).secret === "secret"`,
      stoppedBy: [...REVOKED, ...IMPORTS, "no folder"],
    },
  ];
}

function ends(): Told[] {
  const after = "return false";
  const all: Told[] = [
    { name: "Deno.exit", body: `Deno.exit(7); ${after}` },
    {
      name: "self.close",
      body: `self.close(); await new Promise(() => {}); ${after}`,
    },
    { name: "process.exit", body: `process.exit(7); ${after}` },
    { name: "process.abort", body: `process.abort(); ${after}`, stoppedBy: NOBODY, ends: false },
    {
      name: "process.kill",
      body: `process.kill(process.pid, "SIGKILL"); ${after}`,
    },
    {
      name: "an error that nobody catches",
      body: `reportError(new Error("x")); await new Promise((r) => setTimeout(r, 50)); ${after}`,
      stoppedBy: NOBODY,
    },
  ];
  return all.map((one) => ({ ends: true, ...one }));
}
