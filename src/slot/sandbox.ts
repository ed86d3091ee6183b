/**
 * The thread in which a user's function runs. It gets a job and chunks through shared memory, and gives back
 * lines; nothing else of it is left when the function's module is loaded.
 *
 * @module
 */

/// <reference lib="deno.worker" />

import { Bytes, decodeText, parse, reflectApply, setBytes } from "../jobs/primordials.ts";
import { nowMs } from "../net/clock.ts";
import { ChunkRunner } from "./chunk_runner.ts";
import { stripGlobals } from "./globals.ts";
import { JobContext } from "./job_context.ts";
import { Output } from "./output.ts";
import { Printer } from "./printer.ts";
import { Ring } from "./ring.ts";
import {
  FROM_SANDBOX,
  INDEX,
  PERMISSIONS,
  type SandboxChunk,
  type SandboxJob,
  type SandboxStart,
} from "./shared.ts";
import { messageOf, stackOf } from "./trouble.ts";
import { BrokenJobError, loadModule } from "./user_module.ts";

const { preventDefault } = Event.prototype;
const beginTurn = setImmediate;
const Future = Promise;
/** Of what a function can replace, what the platform calls in a turn of its loop: Deno 2.9 the first three. */
const CALLED_IN_TURNS = [
  [Array.prototype, Symbol.iterator],
  [Object.getPrototypeOf([][Symbol.iterator]()), "next"],
  [Reflect, "apply"],
  [Set.prototype, "has"],
  [Function.prototype, "call"],
].map(([owner, key]) => ({ owner, key, called: owner[key] }));
const scope = self as unknown as DedicatedWorkerGlobalScope;

scope.onmessage = ({ data, ports: [bell] }: MessageEvent<SandboxStart>) => {
  scope.onmessage = null;
  new Sandbox(data, bell!).serve();
};
scope.postMessage("loaded");

/** The function's end of the slot. */
class Sandbox {
  readonly #toSandbox: Ring;
  readonly #fromSandbox: Ring;
  readonly #state: Int32Array;
  readonly #output: Output;
  readonly #ringBell: () => void;
  /** What the module is called. */
  #name = "";

  constructor(start: SandboxStart, bell: MessagePort) {
    this.#toSandbox = new Ring(start.toSandbox);
    this.#fromSandbox = new Ring(start.fromSandbox);
    this.#state = new Int32Array(start.state);
    this.#ringBell = bellOf(bell);
    this.#output = new Output(this.#fromSandbox, this.#ringBell, nowMs, this.#state);
  }

  /** Runs the job. */
  async serve(): Promise<void> {
    const output = this.#output;
    try {
      const printer = this.#lock();
      this.#next();
      const job = this.#parsed<SandboxJob>();
      const code = this.#readBytes(job.codeBytes);
      const context = new JobContext(job);
      this.#name = printer.moduleName = job.name;
      const module = await loadModule(code, job, context.shown);
      output.signal(FROM_SANDBOX.ready, 0, 0);
      const state = this.#state;
      const runner = new ChunkRunner({
        ...{ job, module, context, output, printer, state, turn },
        now: nowMs,
        isLast: () => this.#toSandbox.isEmpty,
      });
      while (true) {
        this.#next();
        const chunk = this.#parsed<SandboxChunk>();
        await runner.run(chunk, this.#readBytes(chunk.itemBytes));
      }
    } catch (error) {
      const trouble = BrokenJobError.is(error)
        ? error.trouble
        : { cause: "bad_job", error: messageOf(error, ""), stack: "", item: "" };
      output.tell(FROM_SANDBOX.broken, 0, trouble);
    }
  }

  /** Takes away all that does not calculate; gives what prints. */
  #lock(): Printer {
    const output = this.#output;
    const printer = new Printer(nowMs, (text) => {
      output.tell(FROM_SANDBOX.print, this.#state[INDEX]!, text);
    });
    // Otherwise what the function leaves behind and fails later would end the slot, and nobody would know why.
    const complain = (event: Event, what: string, thrown: unknown) => {
      reflectApply(preventDefault, event, []);
      const frames = stackOf(thrown, this.#name);
      const text = `${what}: ${messageOf(thrown, this.#name)}`;
      printer.print([frames === "" ? text : `${text}\n${frames}`]);
    };
    addEventListener("unhandledrejection", (event) => {
      complain(event, "Unhandled rejection", event.reason);
    });
    addEventListener("error", (event) => complain(event, "Uncaught", event.error));
    for (const name of PERMISSIONS) Deno.permissions.revokeSync({ name });
    Object.defineProperty(globalThis, "console", {
      value: printer.console,
      writable: true,
      enumerable: false,
      configurable: true,
    });
    stripGlobals();
    // The platform loads some of its own parts when they are first needed: that must not be within the reach
    // of what the function replaces.
    this.#ringBell();
    return printer;
  }

  /** Waits for a frame. */
  #next(): void {
    this.#toSandbox.readWaiting();
    if (this.#toSandbox.takeBell()) this.#ringBell();
  }

  #parsed<Message>(): Message {
    return parse(decodeText(this.#toSandbox.payload)) as Message;
  }

  /** Waits for the frames of so many bytes. */
  #readBytes(length: number): Uint8Array {
    const bytes = new Bytes(length);
    for (let at = 0; at < length; at += this.#toSandbox.length) {
      this.#next();
      setBytes(bytes, this.#toSandbox.payload, at);
    }
    return bytes;
  }
}

/** Lets the platform call what is due, and tell of promises that were rejected and nobody waits for. */
async function turn(): Promise<void> {
  for (let index = 0; index < CALLED_IN_TURNS.length; index++) {
    const { owner, key, called } = CALLED_IN_TURNS[index]!;
    // What throws there ends the thread.
    if (owner[key] !== called) return;
  }
  await new Future<void>((resolve) => beginTurn(resolve));
}

/**
 * What rings a bell: an empty message. The platform iterates over what it is to transfer by a way that can be
 * replaced: so that has its own, and no prototype.
 */
function bellOf(port: MessagePort): () => void {
  const { postMessage } = port;
  const end = { __proto__: null, done: true, value: undefined };
  const iterator = { __proto__: null, next: () => end };
  const nothing = { __proto__: null, [Symbol.iterator]: () => iterator };
  const message = [0, nothing];
  return () => reflectApply(postMessage, port, message);
}
