import { STOP_GRACE_MS } from "../limits.ts";
import { calculate } from "../operations/registry.ts";
import { sumSquares } from "../operations/sum_squares.ts";
import { isWireError } from "../protocol/decode_request.ts";
import {
  encodeArithmeticReply,
  encodeErrorReply,
  encodeOkReply,
  encodeRangeReply,
  encodeSumReply,
} from "../protocol/encode.ts";
import { wireError } from "../protocol/errors.ts";
import { helloReply } from "../protocol/hello.ts";
import type { Effect, Machine, MachineEvent } from "../protocol/machine.ts";
import type { Calculation, Request } from "../protocol/messages.ts";
import { Sessions } from "../protocol/sessions.ts";
import { VERSION } from "../version.ts";

/** How a worker's machine is set up. */
export interface WorkerMachineOptions {
  /** Longest request line in bytes. */
  readonly maxLineBytes: number;
}

/**
 * The worker role without sockets and clock: it calculates what it is asked as soon as it has read it, so
 * nothing is ever in flight here but replies on their way out.
 */
export class WorkerMachine implements Machine {
  wakeAtMs = Infinity;
  readonly #sessions: Sessions;
  #completed = 0;
  #failed = 0;
  #startedMs: number | undefined;
  #nowMs = 0;
  #stopped = false;

  /** A worker that has not begun. */
  constructor(options: WorkerMachineOptions) {
    this.#sessions = new Sessions(options.maxLineBytes, {
      mayRead: () => true,
      request: (session, slot, request) =>
        this.#sessions.reply(session, slot, this.#answer(request)),
    });
  }

  /** Takes one event. */
  step(event: MachineEvent, nowMs: number): Effect[] {
    const effects: Effect[] = [];
    this.#startedMs ??= nowMs;
    this.#nowMs = nowMs;
    if (event.kind === "stop") this.#stop(effects, nowMs);
    else if (event.kind !== "tick") this.#sessions.step(event);
    this.#sessions.settle(effects);
    if (this.wakeAtMs !== Infinity && (this.#sessions.size === 0 || nowMs >= this.wakeAtMs)) {
      this.wakeAtMs = Infinity;
      effects.push({ kind: "stopped" });
    }
    return effects;
  }

  #stop(effects: Effect[], nowMs: number): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.wakeAtMs = nowMs + STOP_GRACE_MS;
    effects.push({ kind: "stop_listening" });
    this.#sessions.stop();
  }

  #answer(request: Request): string {
    const { id } = request;
    switch (request.op) {
      case "ping":
        return encodeOkReply({}, id);
      case "hello":
        return helloReply(request, "worker");
      case "status":
        return encodeOkReply(this.#status(), id);
      case "sum_squares": {
        // A worker asked for 1..n is a room of one: one part, or none for n = 0.
        this.#completed++;
        if (request.n === 0n) return encodeSumReply(0n, [], id);
        const result = sumSquares(1n, request.n);
        return encodeSumReply(result, [{ a: 1n, b: request.n, result }], id);
      }
      default:
        return this.#calculate(request);
    }
  }

  #calculate(request: Calculation): string {
    const { id } = request;
    const outcome = request.timeoutMs === 0 ? wireError("deadline_exceeded") : calculate(request);
    if (isWireError(outcome)) {
      this.#failed++;
      return encodeErrorReply(outcome, id);
    }
    this.#completed++;
    if (request.op === "sum_range") return encodeRangeReply(outcome as bigint, id);
    return encodeArithmeticReply(request, outcome as number, id);
  }

  #status(): object {
    return {
      role: "worker",
      version: VERSION,
      uptime_ms: Math.round(this.#nowMs - (this.#startedMs ?? this.#nowMs)),
      connections: this.#sessions.size,
      requests: { completed: this.#completed, failed: this.#failed },
    };
  }
}
