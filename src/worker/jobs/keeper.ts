import { textOf } from "../../jobs/members.ts";
import { MAX_SETUP_DEATHS } from "../../limits.ts";
import { isErrorCode, wireError } from "../../protocol/errors.ts";
import type { JsonObject } from "../../protocol/json.ts";
import type { ConnectionEvent } from "../../protocol/machine.ts";
import type { Chunk } from "./chunk.ts";
import { Pool } from "./pool.ts";
import type { RunnerPort } from "./port.ts";
import type { Run, RunOutcome } from "./run.ts";
import type { Slot } from "./slot.ts";

/** What is said where accumulators are what a slot dies of. */
const NO_MERGE = "accumulators cannot be merged: ";
/** Reasons for which slots do not start that are remembered. */
const MAX_START_FAILURES = 16;

/** Looks after the slots: what their ends, good or bad, mean for the chunks that they ran. */
export class Keeper {
  readonly pool: Pool;
  readonly #port: RunnerPort;
  #nowMs = 0;
  /** Why slots did not start since one did: said once, not at every attempt. */
  readonly #startFailures = new Set<string>();

  /** A keeper of as many slots as may run at once. */
  constructor(slots: number, port: RunnerPort) {
    this.#port = port;
    this.pool = new Pool(slots, port, {
      effect: (effect) => port.effect(effect),
      ended: (slot, run, outcome) => this.#runEnded(slot, run, outcome),
      failed: (slot, reason) => this.#failed(slot, reason),
      jobFailed: (slot, members) => this.#jobFailed(slot, members),
    });
  }

  /** Takes an event of a slot. */
  step(slot: Slot, event: ConnectionEvent, nowMs: number): void {
    this.#nowMs = nowMs;
    if (event.kind === "connected") {
      this.#startFailures.clear();
      this.pool.connected(slot);
    } else if (event.kind === "received") slot.receive(event.bytes, nowMs);
    else if (event.kind === "ended") {
      this.#port.effect({ kind: "close", connection: slot.connection });
      this.#isGone(slot, "connection closed");
    } else if (event.kind === "closed") this.#isGone(slot, event.reason);
  }

  /** Ends slots that are silent, or go on with what nobody wants. */
  check(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const slot of [...this.pool.all]) {
      if (slot.run === undefined) continue;
      if (nowMs >= slot.dropByMs) this.#endLate(slot, slot.run);
      else if (slot.isListening) {
        const verdict = slot.pulse.tick(nowMs);
        if (verdict === "ask") slot.ask();
        else if (verdict === "gone") {
          this.#port.effect({ kind: "close", connection: slot.connection });
          this.#isGone(slot, "it is silent");
        }
      }
    }
  }

  /** When {@linkcode check} has something to do. */
  get dueMs(): number {
    let dueMs = Infinity;
    for (const slot of this.pool.all) {
      if (slot.run === undefined) continue;
      const silentMs = slot.isListening ? slot.pulse.dueMs : Infinity;
      dueMs = Math.min(dueMs, slot.dropByMs, silentMs);
    }
    return dueMs;
  }

  /** Ends a slot at once, whatever it does. */
  kill(slot: Slot): void {
    this.pool.kill(slot);
    this.#letGo(slot);
  }

  #runEnded(slot: Slot, run: Run, outcome: RunOutcome): void {
    const { chunk } = run;
    switch (outcome.kind) {
      case "done":
      case "late":
      case "dropped":
        chunk.plan.end();
        return this.#advance(chunk, outcome.kind === "late");
      case "verdict":
        if (chunk.plan.mayName(outcome.position)) return this.#condemned(slot, run, outcome);
        return this.#misbehaved(slot, run, "sent a verdict that cannot be");
      case "fault":
        return this.#misbehaved(slot, run, outcome.reason);
    }
  }

  /** The slot has said which item uses too much, and waits for its end. */
  #condemned(slot: Slot, run: Run, verdict: RunOutcome & { kind: "verdict" }): void {
    const { chunk } = run;
    const { position, cause, error, isAlone } = verdict;
    this.kill(slot);
    if (!run.isStarted) return chunk.job.refused(wireError("setup_failed", error));
    this.#log("info", `ended a slot at position ${position}: ${cause}`);
    chunk.hasDied = true;
    if (isAlone) chunk.plan.name(position, cause, error);
    else chunk.plan.suspect(position);
    this.#advance(chunk, false);
  }

  /** What the slot has said cannot be: nothing more of it is believed. */
  #misbehaved(slot: Slot, run: Run, reason: string): void {
    this.#log("warn", `ended a slot that ${reason}`);
    this.kill(slot);
    this.#lost(run);
  }

  /** What is next for a chunk that does not run any more. */
  #advance(chunk: Chunk, isLate: boolean): void {
    const { job, plan } = chunk;
    for (let one = plan.takeFailure(); one !== undefined; one = plan.takeFailure()) {
      // No item is at fault, and nothing can become of the job without what they would have been.
      if (chunk.isMerge) return job.refused({ code: "bad_job", text: NO_MERGE + one.error });
      chunk.sayFailed(one);
    }
    if (plan.isOver) return chunk.conclude(chunk.ending === "dropped" ? "dropped" : undefined);
    if (chunk.ending !== undefined) return chunk.conclude(chunk.ending);
    // Whoever gets the rest of what a slot died in would have to find out for himself what we know.
    if (isLate && !chunk.hasDied) return chunk.conclude("late");
    chunk.release();
    job.enqueue(chunk);
  }

  /** A slot has died, or had to be ended, and nobody has said of what. */
  #lost(run: Run): void {
    const { chunk } = run;
    const { job } = chunk;
    if (!run.isStarted && !job.hasStarted) {
      if (++job.setupDeaths >= MAX_SETUP_DEATHS) {
        return job.refused(wireError("setup_failed", "el proceso muere antes de calcular nada"));
      }
    }
    // A slot that dies at once may do so before it can say that it runs.
    if (run.isStarted || (job.hasStarted && ++chunk.earlyDeaths >= MAX_SETUP_DEATHS)) {
      chunk.hasDied = true;
      chunk.earlyDeaths = 0;
      chunk.plan.die(run.at);
    } else chunk.plan.end();
    this.#advance(chunk, false);
  }

  #isGone(slot: Slot, reason: string): void {
    const { run, job, isReady } = slot;
    const at = run && Math.max(run.at, run.chunk.plan.next);
    const where = at === undefined ? "" : ` at position ${at}`;
    if (isReady || job !== undefined) this.#log("warn", `a slot died${where}: ${reason}`);
    else if (!this.#startFailures.has(reason)) {
      if (this.#startFailures.size >= MAX_START_FAILURES) this.#startFailures.clear();
      this.#startFailures.add(reason);
      this.#log("warn", `a slot did not start: ${reason}`);
    }
    this.pool.remove(slot, this.#nowMs);
    this.#letGo(slot);
    if (run === undefined) return;
    slot.run = run.chunk.run = undefined;
    this.#lost(run);
  }

  #failed(slot: Slot, reason: string): void {
    this.#log("warn", `ended a slot that ${reason}`);
    if (slot.job !== undefined) return this.kill(slot);
    this.#port.effect({ kind: "close", connection: slot.connection });
    this.pool.remove(slot, this.#nowMs);
  }

  #jobFailed(slot: Slot, { code, error, stack }: JsonObject): void {
    const known = typeof code === "string" && isErrorCode(code) ? code : "setup_failed";
    slot.job?.refused({ code: known, text: textOf(error) ?? "" }, textOf(stack));
  }

  /** An item goes on although nobody wants its chunk here any more. */
  #endLate(slot: Slot, run: Run): void {
    const { chunk } = run;
    chunk.run = undefined;
    this.kill(slot);
    chunk.conclude(chunk.ending);
  }

  /** A slot has nothing more to do with its job, nor with the chunk in its hand. */
  #letGo(slot: Slot): void {
    slot.job?.slots.delete(slot);
    if (slot.chunk !== undefined) slot.chunk.holder = undefined;
    slot.chunk = undefined;
  }

  #log(level: "info" | "warn", text: string): void {
    this.#port.effect({ kind: "log", level, text });
  }
}
