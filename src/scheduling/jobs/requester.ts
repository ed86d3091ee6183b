import type { FailedMessage, PrintMessage, ReturnedMessage } from "../../jobs/messages.ts";
import type { ClientChunk } from "./result_order.ts";

/** Who has asked for a job, as the job tells it things. */
export interface Requester {
  /** Whether so much waits for it to be read that results and failures are to be kept for now. */
  readonly isClogged: boolean;
  started(chunk: ClientChunk): void;
  result(chunk: ClientChunk, position: number, count: number, payload: Uint8Array): void;
  failed(chunk: ClientChunk, failure: FailedMessage): void;
  done(chunk: ClientChunk, ms: number): void;
  returned(chunk: ClientChunk, why: ReturnedMessage["why"]): void;
  print(print: PrintMessage, nowMs: number): void;
  jobFailed(code: string, error: string, stack?: string): void;
}
