import type { WireError } from "./errors.ts";

/** The name of a basic operation over two doubles. */
export type ArithmeticOp = "add" | "sub" | "mul" | "div";

/** What a requester chose to name its request by, echoed in the reply. */
export type RequestId = string | number;

/** The fields that any request may have beside its operation's own. */
export interface Envelope {
  /** Echoed first in the reply; with it the reply comes as soon as it is ready, in any order. */
  readonly id?: RequestId | undefined;
  /** Time left for the request, in milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** Whether the reply says which worker did what. */
  readonly explain?: boolean | undefined;
  /** Coordinators that the request has passed. */
  readonly hops?: number | undefined;
}

/** One of the four basic operations. */
export interface ArithmeticRequest extends Envelope {
  readonly op: ArithmeticOp;
  readonly a: number;
  readonly b: number;
}

/** Whether a request is one of the four basic operations. */
export function isArithmetic(request: { readonly op: string }): request is ArithmeticRequest {
  const { op } = request;
  return op === "add" || op === "sub" || op === "mul" || op === "div";
}

/** The sum of the squares of 1..n, split over the workers. */
export interface SumSquaresRequest extends Envelope {
  readonly op: "sum_squares";
  readonly n: bigint;
}

/** The sum of the squares of a..b, both included: what a worker is sent. */
export interface SumRangeRequest extends Envelope {
  readonly op: "sum_range";
  readonly a: bigint;
  readonly b: bigint;
}

/** The first line between two of our roles; whoever does not know it is a plain worker. */
export interface HelloRequest extends Envelope {
  readonly op: "hello";
  readonly protocol: number;
  /** Whether replies to basic operations need not repeat what was asked. */
  readonly brief?: boolean;
}

/** A worker that has dialled a coordinator offers to take work over that very connection. */
export interface JoinRequest extends Envelope {
  readonly op: "join";
  readonly protocol: number;
  /** How people shall see it. */
  readonly name: string;
  /** Names the process: the same one that dials again replaces its old connection. */
  readonly instance: string;
  /** All members, for what the worker says of itself. */
  readonly members: Readonly<Record<string, unknown>>;
}

/** A worker shall get nothing new, or may again. */
export interface DrainRequest extends Envelope {
  readonly op: "drain" | "undrain";
  /** The worker's name, as `status` shows it. */
  readonly worker: string;
}

/**
 * The connection becomes a job channel (src/jobs/messages.ts): the sender has work to be done, or, if it names an
 * instance, is a worker that has joined and takes work over this connection as well.
 */
export interface ChannelRequest extends Envelope {
  readonly op: "channel";
  readonly protocol: number;
  /** Of a joined worker: the instance that it joined as. */
  readonly instance?: string;
  /** Of a joined worker: how many chunks it runs at once. */
  readonly slots?: number;
}

/** The jobs that a coordinator runs. */
export interface JobsRequest extends Envelope {
  readonly op: "jobs";
}

/** A job shall end. */
export interface CancelRequest extends Envelope {
  readonly op: "cancel";
  /** The job's name, as `jobs` shows it. */
  readonly job: string;
}

/** The state of the answering role. */
export interface StatusRequest extends Envelope {
  readonly op: "status";
}

/** Answered at once: is anybody there? */
export interface PingRequest extends Envelope {
  readonly op: "ping";
}

/** What a worker calculates. */
export type Calculation = ArithmeticRequest | SumRangeRequest;

/** Every request that a server or a worker understands. */
export type Request =
  | ArithmeticRequest
  | SumSquaresRequest
  | SumRangeRequest
  | HelloRequest
  | JoinRequest
  | DrainRequest
  | ChannelRequest
  | JobsRequest
  | CancelRequest
  | StatusRequest
  | PingRequest;

/** A request line that could not be understood; `id` if at least that could be read. */
export interface Malformed {
  readonly op: "malformed";
  readonly error: WireError;
  readonly id?: RequestId;
  /** The connection cannot go on: what follows is not a line of ours. */
  readonly fatal?: boolean;
}

/** One range of a split sum, and its result. */
export interface Part {
  /** The first number. */
  readonly a: bigint;
  /** The last number, included. */
  readonly b: bigint;
  /** The sum of the squares of a..b. */
  readonly result: bigint;
}

/** A calculation's outcome: a double, an exact integer, or why there is none. */
export type Outcome = number | bigint | WireError;
