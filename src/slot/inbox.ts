import type { Ring } from "./ring.ts";

interface Frame {
  readonly kind: number;
  readonly bytes: Uint8Array;
}

/** What is on its way to the function's thread. */
export class Inbox {
  /** Whether chunks may be handed over, and so the function may run. */
  isOpen = false;
  readonly #ring: Ring;
  /** Frames that the ring had no room for. */
  readonly #frames: Frame[] = [];
  /** Frames of chunks that wait until it is open. */
  #work: Frame[] = [];

  /** An inbox that writes to a ring, and takes no chunks yet. */
  constructor(ring: Ring) {
    this.#ring = ring;
  }

  /** Hands over a frame of the job. */
  push(kind: number, bytes: Uint8Array): void {
    this.#frames.push({ kind, bytes });
    this.pump();
  }

  /** Hands over a frame of a chunk, once it is open. */
  pushWork(kind: number, bytes: Uint8Array): void {
    if (this.isOpen) this.push(kind, bytes);
    else this.#work.push({ kind, bytes });
  }

  /** The function may run. */
  open(): void {
    this.isOpen = true;
    const work = this.#work;
    this.#work = [];
    for (const { kind, bytes } of work) this.push(kind, bytes);
  }

  /** Writes frames as long as there is room; the bell tells when there is more. */
  pump(): void {
    const ring = this.#ring;
    while (this.#frames.length > 0) {
      const { kind, bytes } = this.#frames[0]!;
      if (!ring.write(kind, 0, 0, bytes, bytes.length)) {
        ring.wantBell();
        // Room may have been made before the bell was wanted.
        if (!ring.write(kind, 0, 0, bytes, bytes.length)) return;
      }
      this.#frames.shift();
    }
  }
}
