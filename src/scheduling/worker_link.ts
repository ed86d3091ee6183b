import { MAX_REPLY_LINE_BYTES } from "../limits.ts";
import { LineFramer } from "../protocol/framing.ts";
import { LineWriter } from "../protocol/line_writer.ts";
import type { ConnectionId } from "../protocol/machine.ts";
import { InFlight } from "./in_flight.ts";
import type { Worker } from "./worker.ts";

/**
 * How far a connection to a worker is:
 * - `dialling`: the connect is under way;
 * - `greeting`: our hello is sent, and not answered yet;
 * - `full`: the worker speaks the full protocol, many requests are in flight, matched by id;
 * - `plain`: one bare request at a time, its reply is the next line.
 */
export type LinkPhase = "dialling" | "greeting" | "full" | "plain";

/** One connection to a worker, and what is in flight on it. */
export class WorkerLink {
  readonly connection: ConnectionId;
  readonly worker: Worker;
  /** Whether it begins with our hello, or is known to lead to a plain worker. */
  readonly greets: boolean;
  readonly framer: LineFramer = new LineFramer(MAX_REPLY_LINE_BYTES);
  /** Lines that go out when the step ends. */
  readonly out: LineWriter = new LineWriter();
  phase: LinkPhase = "dialling";
  /** When the present phase must have ended, for the phases before `full` and `plain`. */
  deadlineMs = Infinity;
  /** What is in flight, oldest first, by the id it has on the wire. */
  readonly inFlight: InFlight = new InFlight();
  /** The id of a ping that has not been answered. */
  pingId: number | undefined;
  /** When the next ping is due. */
  nextPingMs = Infinity;
  /** Pings in a row during which nothing at all came. */
  missed = 0;
  /** Whether the worker has said goodbye. */
  leaving = false;
  /** Replies that came. */
  answered = 0;
  /** When the last reply came. */
  lastReplyMs = -Infinity;

  /** A link that is about to be dialled. */
  constructor(worker: Worker, connection: ConnectionId, greets: boolean) {
    this.worker = worker;
    this.connection = connection;
    this.greets = greets;
  }
}
