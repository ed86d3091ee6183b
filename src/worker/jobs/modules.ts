import { CODE_PATIENCE_MS, JOB_CLIENT_SILENCE_MS, MAX_KEPT_CODE_BYTES } from "../../limits.ts";
import { type WireError, wireError } from "../../protocol/errors.ts";
import { Pieces } from "../../jobs/pieces.ts";
import type { RunnerOptions } from "./port.ts";

/** A module's JavaScript, in the pieces in which it came. */
export type ModulePieces = readonly Uint8Array[];

/** A job that runs a module, as far as the store of modules knows it. */
export interface ModuleUser {
  readonly sha256: string;
  readonly codeBytes: number;
  /** The module has to be sent. */
  need(): void;
  /** Here it is. */
  loaded(pieces: ModulePieces): void;
  /** It cannot be had. */
  refused(error: WireError): void;
}

/** A module that is kept, or on its way. */
interface Entry {
  readonly sha256: string;
  readonly bytes: number;
  readonly users: Set<ModuleUser>;
  /** Who has been asked for it and has not sent it, and what has come of each. */
  readonly asked: Map<ModuleUser, Pieces>;
  /** When somebody was asked last, or has sent something of it. */
  heardMs: number;
  /** All of it, once it is here. */
  whole: ModulePieces | undefined;
}

/**
 * The modules of a worker by their SHA-256 and length, one copy for all jobs. Those that nobody uses are kept as
 * long as there is room, and forgotten in the order in which they were last used. A module counts only if it is
 * what its hash says: otherwise one user could put his own in the place of another's. Nor can one keep it from
 * another by a wrong length, or by never sending it: the next that waits for it is asked as well after a while.
 *
 * Invariant: the bytes of all entries, whole or on their way from each that was asked, are at most
 * MAX_KEPT_CODE_BYTES.
 */
export class Modules {
  readonly #sha256: RunnerOptions["sha256"];
  /** The least recently used first. */
  readonly #entries = new Map<string, Entry>();
  #bytes = 0;

  /** No modules yet. */
  constructor(sha256: RunnerOptions["sha256"]) {
    this.#sha256 = sha256;
  }

  /** When {@linkcode tick} has something to do. */
  get dueMs(): number {
    let dueMs = Infinity;
    for (const entry of this.#entries.values()) dueMs = Math.min(dueMs, dueMsOf(entry));
    return dueMs;
  }

  /** Time has passed: others are asked for what has not come, and what does not come at all is given up. */
  tick(nowMs: number): void {
    for (const entry of [...this.#entries.values()]) {
      if (nowMs < dueMsOf(entry)) continue;
      const next = nextToAsk(entry);
      if (next !== undefined) this.#ask(entry, next, nowMs);
      else for (const user of [...entry.users]) user.refused(wireError("bad_code", "no llega"));
    }
  }

  /** A job wants its module: it gets it now, is asked for it, or waits for another's. */
  open(user: ModuleUser, nowMs: number): void {
    const key = keyOf(user);
    const entry = this.#entries.get(key);
    if (entry === undefined) {
      const { sha256, codeBytes: bytes } = user;
      const users = new Set([user]);
      const begun = { sha256, bytes, users, asked: new Map(), heardMs: nowMs, whole: undefined };
      this.#ask(begun, user, nowMs);
      return;
    }
    this.#entries.delete(key);
    this.#entries.set(key, entry);
    entry.users.add(user);
    if (entry.whole !== undefined) user.loaded(entry.whole);
  }

  /** A piece of the module that a job was asked for. */
  take(user: ModuleUser, piece: Uint8Array, nowMs: number): void {
    const entry = this.#entries.get(keyOf(user));
    const pieces = entry?.asked.get(user);
    if (entry === undefined || pieces === undefined || piece.length === 0) {
      return user.refused(wireError("bad_job", '"code"'));
    }
    // Another was asked as well, and was faster.
    if (entry.whole !== undefined) return;
    entry.heardMs = nowMs;
    pieces.add(piece);
    if (pieces.bytes < entry.bytes) return;
    const isRight = pieces.bytes === entry.bytes && this.#sha256(pieces.list) === entry.sha256;
    if (!isRight) return user.refused(wireError("bad_code", "SHA-256"));
    const { list } = pieces;
    entry.asked.delete(user);
    for (const late of entry.asked.values()) late.clear();
    this.#bytes -= entry.asked.size * entry.bytes;
    entry.whole = list;
    for (const one of [...entry.users]) one.loaded(list);
  }

  /** A job is over. If only it was asked for its module, another that waits for the same is. */
  close(user: ModuleUser, nowMs: number): void {
    const entry = this.#entries.get(keyOf(user));
    if (entry === undefined || !entry.users.delete(user) || !entry.asked.delete(user)) return;
    if (entry.whole !== undefined) return;
    this.#bytes -= entry.bytes;
    if (entry.asked.size > 0) return;
    const next = nextToAsk(entry);
    if (next === undefined) this.#entries.delete(keyOf(user));
    else this.#ask(entry, next, nowMs);
  }

  /** Asks a job for its module, if what it sends can be held; else it has to do without. */
  #ask(entry: Entry, user: ModuleUser, nowMs: number): void {
    const { bytes, asked } = entry;
    for (const [key, other] of this.#entries) {
      if (this.#bytes + bytes <= MAX_KEPT_CODE_BYTES) break;
      if (other.users.size > 0) continue;
      this.#entries.delete(key);
      this.#bytes -= other.bytes;
    }
    if (this.#bytes + bytes > MAX_KEPT_CODE_BYTES) {
      entry.users.delete(user);
      return user.refused(wireError("too_many_jobs"));
    }
    this.#entries.set(keyOf(user), entry);
    this.#bytes += bytes;
    asked.set(user, new Pieces());
    entry.heardMs = nowMs;
    user.need();
  }
}

/** When somebody else is to be asked for a module that does not come, or nobody waits for it any more. */
function dueMsOf(entry: Entry): number {
  if (entry.whole !== undefined) return Infinity;
  const isLast = nextToAsk(entry) === undefined;
  return entry.heardMs + (isLast ? JOB_CLIENT_SILENCE_MS : CODE_PATIENCE_MS);
}

/** What is the same for all that mean the same module. */
function keyOf({ sha256, codeBytes }: ModuleUser): string {
  return `${sha256}/${codeBytes}`;
}

/** Who could send a module that has not come, and was not asked yet: the one that has waited longest. */
function nextToAsk({ users, asked, whole }: Entry): ModuleUser | undefined {
  if (whole !== undefined) return undefined;
  for (const user of users) if (!asked.has(user)) return user;
  return undefined;
}
