import type { LineWriter } from "../protocol/line_writer.ts";
import type { Address, ConnectionId, LogLevel } from "../protocol/machine.ts";
import type { Attempt } from "./attempt.ts";
import type { WorkerLink } from "./worker_link.ts";
import type { Verdict } from "./worker_reply.ts";

/** How a worker speaks; `unknown` until the first hello was answered or not. */
export type WorkerProtocol = "unknown" | "full" | "plain";

/** What a worker needs of its coordinator. */
export interface WorkerPort {
  /** How long one piece of work may take, in milliseconds. */
  readonly workerTimeoutMs: number;
  /** After how long another worker is asked as well, in milliseconds. */
  readonly hedgeDelayMs: number;
  /** A connection id that was never used before. */
  newConnection(): ConnectionId;
  dial(link: WorkerLink, address: Address): void;
  /** Where lines for a worker are collected; they go out when the step ends. */
  out(link: WorkerLink): LineWriter;
  close(connection: ConnectionId): void;
  /**
   * An attempt has ended; what that means for its task is the coordinator's business. Gives whether it counts:
   * somebody else may have been faster.
   */
  attemptEnded(attempt: Attempt, verdict: Verdict): boolean;
  /** An attempt is slow. Gives whether that has been seen to, or shall be asked again. */
  hedge(attempt: Attempt): boolean;
  /** A joined worker has gone for good: its place is free when the step ends. */
  left(): void;
  /** Work that waits may have a place now, or none any more. */
  changed(): void;
  /** A tick is wanted at the given time. */
  wakeBy(atMs: number): void;
  /** A number in [0, 1). */
  random(): number;
  log(level: LogLevel, text: string): void;
}
