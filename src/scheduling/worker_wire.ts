import { decodeReply, type Reply } from "../protocol/decode_reply.ts";
import { encodeCalculation } from "../protocol/encode.ts";
import { workerFacts } from "../protocol/hello.ts";
import { ReplyScan, writeCalculation } from "../protocol/fast_path.ts";
import { decodeLine } from "../protocol/framing.ts";
import { isGoodbye, isHelloReply, type WorkerFacts } from "../protocol/hello.ts";
import type { LineWriter } from "../protocol/line_writer.ts";
import type { Attempt } from "./attempt.ts";
import type { WorkerLink } from "./worker_link.ts";
import { judgeReply, type Verdict } from "./worker_reply.ts";

/** What the lines of a worker mean to the worker's state. */
export interface LineHandlers {
  /** The answer to our hello: what the worker says of itself, or nothing if it knows no hello. */
  greeted(link: WorkerLink, facts: WorkerFacts | undefined, nowMs: number): void;
  /** A reply to a piece of work. */
  answered(link: WorkerLink, attempt: Attempt, verdict: Verdict, nowMs: number): void;
  /** The answer to a ping, which may be late. */
  pong(link: WorkerLink, nowMs: number): void;
  /** The worker leaves. */
  goodbye(link: WorkerLink, nowMs: number): void;
}

/** More than a sum of doubles is off by: what is left must not be rounded up beyond what was given. */
const CLOCK_ERROR_MS = 0.001;

/** The line that asks a worker whether it lives. */
export function pingLine(id: number): string {
  return `{"id":${id},"op":"ping"}\n`;
}

/** Writes the line that hands an attempt to a worker, as its link speaks. */
export function handOver(out: LineWriter, link: WorkerLink, attempt: Attempt, nowMs: number): void {
  const { calculation, call } = attempt.task;
  if (link.phase === "plain") return out.text(encodeCalculation(calculation, undefined));
  const timeoutMs = call.deadlineMs === Infinity
    ? undefined
    : Math.max(0, Math.ceil(call.deadlineMs - nowMs - CLOCK_ERROR_MS));
  const handover = { timeoutMs, hops: (call.request.hops ?? 0) + 1 };
  writeCalculation(out, calculation, attempt.id, handover);
}

/** Reads every whole line that a link has; gives what is wrong with the first that is not allowed. */
export function readLines(
  link: WorkerLink,
  handlers: LineHandlers,
  nowMs: number,
): string | undefined {
  const { framer } = link;
  while (true) {
    if (link.phase === "full" && fast.scanNext(framer)) {
      link.missed = 0;
      if (takeResult(link, handlers, nowMs)) continue;
    } else if (!framer.next()) break;
    if (framer.start === framer.end) continue;
    link.missed = 0;
    if (link.phase === "full" && readFast(link, handlers, nowMs)) continue;
    const text = decodeLine(framer.bytes, framer.start, framer.end);
    const reply = text === undefined ? undefined : decodeReply(text);
    if (text !== undefined && reply === undefined && link.phase === "full" && isGoodbye(text)) {
      handlers.goodbye(link, nowMs);
      continue;
    }
    const fault = readReply(link, reply, handlers, nowMs);
    if (fault !== undefined) return fault;
  }
  return framer.overflowed ? "answered with an endless line" : undefined;
}

const fast = new ReplyScan();

/** Takes the line if it is what nearly all are: the result of a calculation that is in flight. */
function readFast(link: WorkerLink, handlers: LineHandlers, nowMs: number): boolean {
  const { framer } = link;
  return fast.scan(framer.bytes, framer.start, framer.end) && takeResult(link, handlers, nowMs);
}

function takeResult(link: WorkerLink, handlers: LineHandlers, nowMs: number): boolean {
  const { inFlight } = link;
  const attempt = inFlight.get(fast.id);
  if (attempt === undefined) return false;
  // A result of another kind than was asked for is for the slow path to judge.
  if ((attempt.task.calculation.op === "sum_range") !== (typeof fast.result === "bigint")) {
    return false;
  }
  inFlight.delete(attempt);
  handlers.answered(link, attempt, { kind: "final", outcome: fast.result }, nowMs);
  return true;
}

function readReply(
  link: WorkerLink,
  reply: Reply | undefined,
  handlers: LineHandlers,
  nowMs: number,
): string | undefined {
  if (link.phase === "greeting") {
    handlers.greeted(
      link,
      reply !== undefined && isHelloReply(reply) ? workerFacts(reply.members) : undefined,
      nowMs,
    );
    return undefined;
  }
  if (reply === undefined) return "answered with something that is no reply";
  if (link.phase === "full" && typeof reply.id !== "number") return "answered without our id";
  if (link.phase === "plain" && reply.id !== undefined) {
    return "answered with an id that it was not given";
  }
  if (link.phase === "full" && link.inFlight.isPing(reply.id as number)) {
    handlers.pong(link, nowMs);
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
  handlers.answered(link, attempt, verdict, nowMs);
  return undefined;
}
