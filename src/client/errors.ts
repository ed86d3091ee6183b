import type { FailureCause } from "../jobs/messages.ts";

/** Thrown where no server could be reached, or the connection was lost and could not be had again. */
export class ServerUnreachableError extends Error {
  /** The error's class name. */
  override name = "ServerUnreachableError";
}

/** Thrown where the server did not answer in the time that the caller gave it. */
export class ReplyTimeoutError extends Error {
  /** The error's class name. */
  override name = "ReplyTimeoutError";
}

/** Thrown where the server answered a request with `"ok": false`. */
export class CalculationError extends Error {
  /** The error's class name. */
  override name = "CalculationError";
  /** Stable and machine-readable: `division_by_zero`, `no_worker_available`, …; PROTOCOL.md lists them. */
  readonly code: string;

  /** The error that a reply carries: its text in the server's language, and its code. */
  constructor(text: string, code: string) {
    super(text);
    this.code = code;
  }
}

/** Thrown where a server's reply is not what the protocol promises. */
export class ProtocolError extends Error {
  /** The error's class name. */
  override name = "ProtocolError";
}

/** What is known of a job's failure beside its text. */
export interface MapErrorOptions {
  /** Of an item: its place in the input, counted from 1. */
  readonly position?: number;
  /** Of an item: why it has no value. */
  readonly failure?: FailureCause;
  /** The item as JSON, perhaps cut. */
  readonly item?: string;
  /** Where in the user's own module. */
  readonly userStack?: string;
  /** The worker that it happened on. */
  readonly worker?: string;
  /** Of a whole job: stable and machine-readable, such as `no_code_worker`; PROTOCOL.md lists them. */
  readonly code?: string;
}

/** Thrown where a job cannot go on, mostly because its function fails for an item. */
export class MapError extends Error {
  /** The error's class name. */
  override name = "MapError";
  /** Of an item: its place in the input, counted from 1. */
  readonly position: number | undefined;
  /** Of an item: why it has no value, such as `error` where the function threw, `memory` or `time`. */
  readonly failure: FailureCause | undefined;
  /** The item as JSON, perhaps cut. */
  readonly item: string | undefined;
  /** The lines of the stack that lie in the user's own module. */
  readonly userStack: string | undefined;
  /** The worker that it happened on. */
  readonly worker: string | undefined;
  /** Of a whole job: stable and machine-readable, such as `no_code_worker`; PROTOCOL.md lists them. */
  readonly code: string | undefined;

  /** An error with what is known of it. */
  constructor(message: string, options: MapErrorOptions = {}) {
    super(message);
    this.position = options.position;
    this.failure = options.failure;
    this.item = options.item;
    this.userStack = options.userStack;
    this.worker = options.worker;
    this.code = options.code;
  }
}

/** Thrown where a user's module cannot be used: its text says where it stands and what to do. */
export class ModuleError extends Error {
  /** The error's class name. */
  override name = "ModuleError";
}
