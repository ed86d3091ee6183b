/**
 * What two ends of a job channel say to each other. The one that has work is the requester, the one that does
 * it the runner: client and server, server and worker, a coordinator and the one below it, worker and slot
 * all speak it, so that whoever stands between only hands on.
 *
 * Every message is one line of JSON. If it has a member `bytes` above 0, so many raw bytes follow its newline.
 *
 * @module
 */

/** What is given to the function: the numbers of a range, or lines of JSON. */
export type JobInput = "range" | "items";

/** Which of the module's functions is called: once an item, or once a stretch of the range. */
export type JobCall = "map" | "mapRange";

/** How values become one: a reduce of ours, or the module's own; `null` for every value by itself. */
export type JobReduce = "sum" | "count" | "min" | "max" | "concat" | "own" | null;

/** Why an item has no value. */
export type FailureCause =
  /** The function threw. */
  | "error"
  /** The function returned what JSON cannot say. */
  | "value"
  /** The item's line is no JSON. */
  | "input"
  /** The slot used more memory than it may. */
  | "memory"
  /** The item took longer than the job allows. */
  | "time"
  /** The slot's process died. */
  | "crash";

/** Begins a job on a channel. Its number is the requester's, new on this channel. */
export interface OpenMessage {
  readonly op: "open";
  readonly job: number;
  /** The module's name, as its user knows it: in stacks, and in the list of jobs. */
  readonly name: string;
  /** SHA-256 of the module's JavaScript, in hexadecimal digits. */
  readonly sha256: string;
  /** Length of the module's JavaScript. */
  readonly code_bytes: number;
  readonly input: JobInput;
  readonly call: JobCall;
  readonly reduce: JobReduce;
  /**
   * `--args`: the text of its JSON, which nobody between client and function reads, so that no digit of a
   * number is lost on the way. Absent for `undefined`.
   */
  readonly args?: string;
  /** Seeds `context.random`, together with the item's position. */
  readonly seed: number;
  /** Whether numbers beyond the safe ones have an exponent in results, so that digits alone are a bigint. */
  readonly tells_apart?: boolean;
  /** Longest time for one item, in milliseconds; absent for none. */
  readonly item_timeout_ms?: number;
  /** Items in all, where that is known: for those who look at the list of jobs. */
  readonly total?: number;
  /** Coordinators that the job has passed. */
  readonly hops?: number;
}

/** A piece of the module, in order, after `need`. */
export interface CodeMessage {
  readonly op: "code";
  readonly job: number;
  readonly bytes: number;
}

/**
 * Work: `count` items from `position` on. Of a range, `first` is the number at `position`; of items,
 * `item_bytes` bytes of lines follow in this message and the `items` messages after it.
 */
export interface ChunkMessage {
  readonly op: "chunk";
  readonly job: number;
  /** The requester's number for it, new in this job. */
  readonly chunk: number;
  /** The first item's place in the whole input, counted from 1. */
  readonly position: number;
  /** How many items. */
  readonly count: number;
  /** The number at `position`, in decimal digits: it may be of any size. */
  readonly first?: string;
  /** Length of all lines, newlines included. */
  readonly item_bytes?: number;
  /** Whether the lines are accumulators, to be combined into one; a single empty line asks for that of nothing. */
  readonly merge?: boolean;
  /** Bytes of results, and of what failures cost, that may be sent before more is allowed by `credit`. */
  readonly credit: number;
  /** Length of the lines that follow this message at once. */
  readonly bytes?: number;
}

/** More lines of a chunk. */
export interface ItemsMessage {
  readonly op: "items";
  readonly job: number;
  readonly chunk: number;
  readonly bytes: number;
}

/** More bytes of results, and of what failures cost, may be sent of a chunk. */
export interface CreditMessage {
  readonly op: "credit";
  readonly job: number;
  readonly chunk: number;
  readonly credit: number;
}

/** A chunk is not wanted any more: what has begun stops after its item, and is `returned`. */
export interface DropMessage {
  readonly op: "drop";
  readonly job: number;
  readonly chunk: number;
}

/** A job is over, done or not: everything of it ends, and nothing more is said of it. */
export interface CloseMessage {
  readonly op: "close";
  readonly job: number;
}

/** Is anybody there? Either end may ask. */
export interface PingMessage {
  readonly op: "ping" | "pong";
}

/** What a requester says. */
export type RequesterMessage =
  | OpenMessage
  | CodeMessage
  | ChunkMessage
  | ItemsMessage
  | CreditMessage
  | DropMessage
  | CloseMessage
  | PingMessage;

/** The module is not known yet: send it. */
export interface NeedMessage {
  readonly op: "need";
  readonly job: number;
}

/** More bytes of items may be sent: only of jobs with lines, and only a server to its client. */
export interface WantMessage {
  readonly op: "want";
  readonly job: number;
  readonly want: number;
}

/** A chunk runs: what dies from now on may have died of it. */
export interface StartedMessage {
  readonly op: "started";
  readonly job: number;
  readonly chunk: number;
}

/** The item that a running chunk is at, where no result says so; at most every 20 ms, and once an item. */
export interface AtMessage {
  readonly op: "at";
  readonly job: number;
  readonly chunk: number;
  readonly position: number;
}

/**
 * Values of `count` items from `position` on, one a line, or of a reduce one line for all of them. Positions
 * come without gaps; a value longer than a piece comes in several, of which only the last has a `count`.
 */
export interface ResultMessage {
  readonly op: "result";
  readonly job: number;
  readonly chunk: number;
  readonly position: number;
  readonly count: number;
  readonly bytes: number;
}

/**
 * One item has no value. It counts as one position, in order with the results, and costs of the chunk's credit what
 * failed_bytes.ts says.
 */
export interface FailedMessage {
  readonly op: "failed";
  readonly job: number;
  readonly chunk: number;
  readonly position: number;
  readonly cause: FailureCause;
  /** What happened, in one line. */
  readonly error: string;
  /** The function's own stack, line by line; absent where there is none. */
  readonly stack?: string;
  /** The item, as JSON, cut after 4 KiB. */
  readonly item?: string;
  /** The worker that it happened on. */
  readonly worker?: string;
}

/** Every position of a chunk has been told of. */
export interface DoneMessage {
  readonly op: "done";
  readonly job: number;
  readonly chunk: number;
  /** Time that the function took, in milliseconds. */
  readonly ms: number;
}

/** What is left of a chunk, from `position` on, is given back undone. Nothing more is said of it. */
export interface ReturnedMessage {
  readonly op: "returned";
  readonly job: number;
  readonly chunk: number;
  readonly position: number;
  /** Time that the function took for what was done, in milliseconds. */
  readonly ms: number;
  /**
   * `dropped`: as was asked; `leaving`: the runner goes; `lost`: what ran it died, and it was running there
   * (which, if it happens often, is the chunk's fault); `late`: it took much longer than a chunk should, or there
   * is no slot for it now.
   */
  readonly why: "dropped" | "leaving" | "lost" | "late";
}

/** A slot says which item uses too much, and then waits for its end. From slots only. */
export interface VerdictMessage {
  readonly op: "verdict";
  readonly job: number;
  readonly chunk: number;
  readonly position: number;
  readonly cause: "memory" | "time";
  readonly error: string;
  /** Of memory: whether the item itself has taken nearly all of it. Else it may have piled up over many. */
  readonly alone?: boolean;
}

/** What the function printed. */
export interface PrintMessage {
  readonly op: "print";
  readonly job: number;
  /** The item during which it did; 0 for `setup` and the module itself. */
  readonly position: number;
  /** The worker that it happened on. */
  readonly worker?: string;
  readonly text: string;
}

/** A job cannot go on at all. Nothing more is said of it. */
export interface JobFailedMessage {
  readonly op: "job_failed";
  readonly job: number;
  /** A code of the catalogue in src/protocol/errors.ts. */
  readonly code: string;
  readonly error: string;
  readonly stack?: string;
}

/** Who is at work for a job: from a server, when it changes, at most once a second. */
export interface ProgressMessage {
  readonly op: "progress";
  readonly job: number;
  /** The server's own name for it, as `jobs` lists it. */
  readonly name: string;
  readonly workers: number;
  readonly slots: number;
}

/** How many chunks the runner runs at once has changed. */
export interface SlotsMessage {
  readonly op: "slots";
  readonly slots: number;
}

/** What a runner says. */
export type RunnerMessage =
  | NeedMessage
  | WantMessage
  | StartedMessage
  | AtMessage
  | ResultMessage
  | FailedMessage
  | DoneMessage
  | ReturnedMessage
  | VerdictMessage
  | PrintMessage
  | JobFailedMessage
  | ProgressMessage
  | SlotsMessage
  | PingMessage;

/** What either end says. */
export type ChannelMessage = RequesterMessage | RunnerMessage;
