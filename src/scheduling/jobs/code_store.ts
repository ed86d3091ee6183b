import { MAX_KEPT_CODE_BYTES } from "../../limits.ts";

/** A module's JavaScript, in the pieces in which it came. */
export type Code = readonly Uint8Array[];

/**
 * Whole modules by their SHA-256, kept beyond their jobs, but not more than so many bytes. Only what is what its hash
 * says may be put here: otherwise one client could put its own in the place of another's.
 */
export class CodeStore {
  /** In the order in which they were used last. */
  readonly #kept = new Map<string, Code>();
  readonly #maxBytes: number;
  #bytes = 0;

  /** An empty store. */
  constructor(maxBytes = MAX_KEPT_CODE_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** A module; `undefined` if none of that hash and length is there. */
  get(sha256: string, bytes: number): Code | undefined {
    const code = this.#kept.get(sha256);
    if (code === undefined || bytesOf(code) !== bytes) return undefined;
    this.#kept.delete(sha256);
    this.#kept.set(sha256, code);
    return code;
  }

  /** Keeps a module; those that were used longest ago go. */
  keep(sha256: string, code: Code): void {
    this.forget(sha256);
    this.#kept.set(sha256, code);
    this.#bytes += bytesOf(code);
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#maxBytes) return;
      this.forget(oldest);
    }
  }

  /** It was not what it should have been: whoever comes next brings it anew. */
  forget(sha256: string): void {
    this.#bytes -= bytesOf(this.#kept.get(sha256) ?? []);
    this.#kept.delete(sha256);
  }
}

/** Length of a module. */
export function bytesOf(code: Code): number {
  return code.reduce((sum, piece) => sum + piece.length, 0);
}
