/**
 * What the slot's two threads agree on: the one that speaks with the worker, and the one that runs the
 * function.
 *
 * @module
 */

import type { JobCall, JobInput, JobReduce } from "../jobs/messages.ts";

/** All permissions that Deno knows: the process gives them up, and its thread once more. */
export const PERMISSIONS = ["read", "write", "net", "env", "sys", "run", "ffi", "import"] as const;

/** Kinds of frames to the function's thread. */
export const TO_SANDBOX = {
  /** The job, as {@linkcode SandboxJob}. */
  open: 1,
  /** A piece of the module. */
  code: 2,
  /** A chunk, as {@linkcode SandboxChunk}. */
  chunk: 3,
  /** Lines of the chunk. */
  items: 4,
} as const;

/** Kinds of frames from the function's thread. */
export const FROM_SANDBOX = {
  /** Module and `setup` are done; chunks can be run. */
  ready: 1,
  /** The job cannot be run: {@linkcode Trouble}, with the code of the error. */
  broken: 2,
  /** Values: index of the first item, number of items, lines. */
  result: 3,
  /** The item of that index failed: {@linkcode Trouble}. */
  failed: 4,
  /** Nothing comes of the chunk any more, but what the function left undone has its turn; as `done`, which follows. */
  resting: 7,
  /** The chunk is over: number of items that were told of; as text, milliseconds that the function took. */
  done: 5,
  /** The function printed the text; first is the index of its item, or -1. */
  print: 6,
} as const;

/** What a function needs to know of its job. */
export interface SandboxJob {
  readonly name: string;
  readonly input: JobInput;
  readonly call: JobCall;
  readonly reduce: JobReduce;
  /** JSON of `--args`, or `null` for `undefined`. */
  readonly args: string | null;
  readonly seed: number;
  readonly tellsApart: boolean;
  readonly codeBytes: number;
}

/** What a function needs to know of a chunk. */
export interface SandboxChunk {
  /** Counted from 1 in this slot: what {@linkcode RUNNING} and {@linkcode STOP} name. */
  readonly serial: number;
  readonly position: number;
  readonly count: number;
  /** The number at `position`, as decimal digits; empty for lines. */
  readonly first: string;
  readonly itemBytes: number;
  readonly merge: boolean;
}

/** Something that went wrong. */
export interface Trouble {
  /** A cause of a failed item, or the code of a job's error. */
  readonly cause: string;
  readonly error: string;
  readonly stack: string;
  readonly item: string;
}

// Words of memory that both threads look at.

/** Serial of the chunk that runs, or 0. */
export const RUNNING = 0;
/** Index of the item that the function is at, or -1 while the function does not run. */
export const INDEX = 1;
/** Serial of the chunk that shall stop after its item. */
export const STOP = 2;
/** Not 0 when the function's thread shall hand over what it has, and see whether it shall stop. */
export const ATTENTION = 3;
/** Items that the call under way is for: more than 1 only of mapRange. */
export const SPAN = 4;
/** Serial of the chunk whose values nobody wants any more: not even that of its item. */
export const UNWANTED = 5;
/** How many there are. */
export const STATE_WORDS = 16;

/** What the function's thread is given to begin with. */
export interface SandboxStart {
  readonly state: SharedArrayBuffer;
  readonly toSandbox: SharedArrayBuffer;
  readonly fromSandbox: SharedArrayBuffer;
}
