import type {
  FailureCause,
  JobCall,
  JobInput,
  JobReduce,
  PrintMessage,
  ProgressMessage,
} from "../../jobs/messages.ts";
import type { ChannelFailure } from "./channel.ts";

/** A job as a client gives it to a server. */
export interface MapJob {
  /** What the module is called. */
  readonly name: string;
  /** Its JavaScript. */
  readonly code: Uint8Array;
  /** SHA-256 of the JavaScript, in hexadecimal digits. */
  readonly sha256: string;
  readonly input: JobInput;
  readonly call: JobCall;
  readonly reduce: JobReduce;
  /** The arguments as JSON text; absent for none. */
  readonly args?: string;
  readonly seed: number;
  /**
   * Whether values tell numbers beyond the safe ones from bigints.
   *
   * @default {false}
   */
  readonly tellsApart?: boolean;
  /** Longest time for one item, in milliseconds. */
  readonly itemTimeoutMs?: number;
  /** Of a range: its first number, and how many there are. */
  readonly range?: JobRange;
}

/** The numbers that a job is given. */
export interface JobRange {
  readonly first: bigint;
  readonly count: number;
}

/** Whole lines of input, each with its newline. */
export interface Piece {
  readonly bytes: Uint8Array;
  /** How many lines. */
  readonly count: number;
}

/** Values of some items, or of a reduce one accumulator for all of them: lines, each with its newline. */
export interface Values extends Piece {
  /** The first item's place in the input, counted from 1. */
  readonly position: number;
}

/** An item that has no value. */
export interface Failure {
  readonly position: number;
  readonly cause: FailureCause;
  readonly error: string;
  readonly stack?: string;
  /** The item as JSON, perhaps cut. */
  readonly item?: string;
  readonly worker?: string;
}

/** Accumulators that are to become one. */
export interface Merge {
  /** The position that the first of them begins with. */
  readonly position: number;
  /** The accumulators, a line each. */
  readonly lines: readonly Uint8Array[];
  /** Takes the one line that they became. */
  merged(line: Uint8Array): void;
}

/** Why a job did not come to its end. */
export type JobEnd =
  | ChannelFailure
  /** The server says that the job cannot go on. */
  | {
    readonly kind: "job_failed";
    readonly code: string;
    readonly text: string;
    readonly stack?: string;
  }
  /** Accumulators could not be merged. */
  | { readonly kind: "merge_failed"; readonly failure: Failure };

/** What a job tells whoever runs it. Values and failures come in the order of the input, without gaps. */
export interface JobPort {
  values(values: Values): void;
  failed(failure: Failure): void;
  printed(print: PrintMessage): void;
  progressed(progress: ProgressMessage): void;
  /** The server was lost, and one is looked for. */
  lost(): void;
  /** More items may be given. */
  roomMade(): void;
  /** The input has ended, and all of it has been answered. */
  answered(): void;
  /** It is over before its end; nothing follows. */
  ended(end: JobEnd): void;
}
