import { decodeReply, type Reply } from "../protocol/decode_reply.ts";
import { encodeCalculation } from "../protocol/encode.ts";
import { workerFacts } from "../protocol/hello.ts";
import { ReplyScan } from "../protocol/fast_path.ts";
import { decodeLine } from "../protocol/framing.ts";
import { HELLO_LINE, isGoodbye, isHelloReply } from "../protocol/hello.ts";
import type { Attempt } from "./in_flight.ts";
import type { WorkerFacts } from "./worker_port.ts";
import type { WorkerLink } from "./worker_link.ts";
import { judgeReply, type Verdict } from "./worker_reply.ts";

/** What the lines of a worker mean to the worker's state. */
export interface LineHandlers {
  /** The answer to our hello: what the worker says of itself, or nothing if it knows no hello. */
  greeted(facts: WorkerFacts | undefined): void;
  /** A reply to a piece of work. */
  answered(attempt: Attempt, verdict: Verdict): void;
  /** The answer to a ping, which may be late. */
  pong(): void;
  /** The worker leaves. */
  goodbye(): void;
}

/** The line that asks a worker whether it lives. */
export function pingLine(id: number): string {
  return `{"id":${id},"op":"ping"}\n`;
}

/** The line that hands an attempt to a worker, as its link speaks; without an attempt, our hello. */
export function handOver(link: WorkerLink, attempt: Attempt | undefined, nowMs: number): string {
  if (attempt === undefined) return HELLO_LINE;
  const { calculation, call } = attempt.task;
  if (link.phase === "plain") return encodeCalculation(calculation, undefined);
  const timeoutMs = call.deadlineMs === Infinity
    ? undefined
    : Math.max(0, Math.ceil(call.deadlineMs - nowMs));
  return encodeCalculation(calculation, attempt.id, {
    timeoutMs,
    hops: (call.request.hops ?? 0) + 1,
  });
}

/** Reads every whole line that a link has; gives what is wrong with the first that is not allowed. */
export function readLines(
  link: WorkerLink,
  handlers: LineHandlers,
): string | undefined {
  const { framer } = link;
  while (framer.next()) {
    if (framer.start === framer.end) continue;
    link.missed = 0;
    if (link.phase === "full" && readFast(link, handlers)) continue;
    const text = decodeLine(framer.bytes, framer.start, framer.end);
    const reply = text === undefined ? undefined : decodeReply(text);
    if (text !== undefined && reply === undefined && link.phase === "full" && isGoodbye(text)) {
      handlers.goodbye();
      continue;
    }
    const fault = readReply(link, reply, handlers);
    if (fault !== undefined) return fault;
  }
  return framer.overflowed ? "answered with an endless line" : undefined;
}

const fast = new ReplyScan();

/** Takes the line if it is what nearly all are: the result of a basic operation that is in flight. */
function readFast(link: WorkerLink, handlers: LineHandlers): boolean {
  const { framer, inFlight } = link;
  if (!fast.scan(framer.bytes, framer.start, framer.end)) return false;
  const attempt = inFlight.get(fast.id);
  if (attempt === undefined || attempt.task.calculation.op === "sum_range") return false;
  inFlight.delete(attempt);
  handlers.answered(attempt, { kind: "final", outcome: fast.result });
  return true;
}

function readReply(
  link: WorkerLink,
  reply: Reply | undefined,
  handlers: LineHandlers,
): string | undefined {
  if (link.phase === "greeting") {
    handlers.greeted(
      reply !== undefined && isHelloReply(reply) ? workerFacts(reply.members) : undefined,
    );
    return undefined;
  }
  if (reply === undefined) return "answered with something that is no reply";
  if (link.phase === "full" && typeof reply.id !== "number") return "answered without our id";
  if (link.phase === "plain" && reply.id !== undefined) {
    return "answered with an id that it was not given";
  }
  if (link.phase === "full" && link.inFlight.isPing(reply.id as number)) {
    handlers.pong();
    return undefined;
  }
  const attempt = link.phase === "plain"
    ? link.inFlight.oldest
    : link.inFlight.get(reply.id as number);
  if (attempt === undefined) {
    // Given up on time, and answered after all: late, not wrong.
    if (link.phase === "full" && link.inFlight.wasIssued(reply.id as number)) return undefined;
    return "answered what was not asked";
  }
  const { calculation, call } = attempt.task;
  const verdict = judgeReply(reply, calculation, call.deadlineMs !== Infinity);
  if (verdict.kind === "rubbish") return verdict.why;
  link.inFlight.delete(attempt);
  handlers.answered(attempt, verdict);
  return undefined;
}
