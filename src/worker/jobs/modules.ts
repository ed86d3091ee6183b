import { MAX_KEPT_CODE_BYTES } from "../../limits.ts";
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
  readonly pieces: Pieces;
  readonly users: Set<ModuleUser>;
  /** Who has been asked for it; `undefined` once it is whole. */
  sender: ModuleUser | undefined;
}

/**
 * The modules of a worker by their SHA-256, one copy for all jobs. Those that nobody uses are kept as long as
 * there is room, and forgotten in the order in which they were last used. A module counts only if it is what
 * its hash says: otherwise one user could put his own in the place of another's.
 *
 * Invariant: the bytes of all entries, whole or on their way, are at most MAX_KEPT_CODE_BYTES.
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

  /** A job wants its module: it gets it now, is asked for it, or waits for another's. */
  open(user: ModuleUser): void {
    const { sha256, codeBytes } = user;
    const entry = this.#entries.get(sha256);
    if (entry === undefined) return this.#begin(user);
    if (entry.bytes !== codeBytes) return user.refused(wireError("bad_job", '"code_bytes"'));
    this.#entries.delete(sha256);
    this.#entries.set(sha256, entry);
    entry.users.add(user);
    if (entry.sender === undefined) user.loaded(entry.pieces.list);
  }

  /** A piece of the module that a job was asked for. */
  take(user: ModuleUser, piece: Uint8Array): void {
    const entry = this.#entries.get(user.sha256);
    if (entry?.sender !== user) return user.refused(wireError("bad_job", '"code"'));
    const { pieces } = entry;
    pieces.add(piece);
    if (pieces.bytes < entry.bytes) return;
    const isRight = pieces.bytes === entry.bytes && this.#sha256(pieces.list) === entry.sha256;
    if (!isRight) return user.refused(wireError("bad_code", "SHA-256"));
    entry.sender = undefined;
    for (const one of [...entry.users]) one.loaded(pieces.list);
  }

  /** A job is over. If it was sending its module, another that waits for the same has to. */
  close(user: ModuleUser): void {
    const entry = this.#entries.get(user.sha256);
    if (entry === undefined || !entry.users.delete(user) || entry.sender !== user) return;
    entry.pieces.clear();
    [entry.sender] = entry.users;
    if (entry.sender === undefined) this.#forget(entry);
    else entry.sender.need();
  }

  #begin(user: ModuleUser): void {
    const { sha256, codeBytes: bytes } = user;
    for (const entry of this.#entries.values()) {
      if (this.#bytes + bytes <= MAX_KEPT_CODE_BYTES) break;
      if (entry.users.size === 0) this.#forget(entry);
    }
    if (this.#bytes + bytes > MAX_KEPT_CODE_BYTES) return user.refused(wireError("too_many_jobs"));
    const users = new Set([user]);
    this.#entries.set(sha256, { sha256, bytes, pieces: new Pieces(), users, sender: user });
    this.#bytes += bytes;
    user.need();
  }

  #forget(entry: Entry): void {
    this.#entries.delete(entry.sha256);
    this.#bytes -= entry.bytes;
  }
}
