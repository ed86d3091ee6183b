import { Output } from "../../../src/slot/output.ts";
import { Ring } from "../../../src/slot/ring.ts";
import { FROM_SANDBOX, INDEX, STATE_WORDS } from "../../../src/slot/shared.ts";

/** What came out of a function's thread. */
export interface Frame {
  readonly kind: number;
  readonly first: number;
  readonly second: number;
  readonly text: string;
  readonly bytes: Uint8Array;
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** An output, of which the other end reads as soon as there is no room. */
export class Frames {
  readonly ring = new Ring();
  readonly output: Output;
  /** How often the bell was rung. */
  bells = 0;
  /** What the words that both threads look at said of the item, one after the other. */
  readonly indexes: number[] = [];
  readonly #frames: Frame[] = [];
  #nowMs = 0;

  constructor() {
    const state = new Proxy(new Int32Array(STATE_WORDS), {
      set: (words, word, value) => {
        if (word === String(INDEX)) this.indexes.push(value);
        return Reflect.set(words, word, value);
      },
      get: (words, word) => Reflect.get(words, word),
    });
    state[INDEX] = 7;
    this.indexes.length = 0;
    this.output = new Output(this.ring, () => this.bells++, () => this.#readWhatIsThere(), state);
  }

  /** All frames that came since the last time. */
  take(): Frame[] {
    this.#readWhatIsThere();
    return this.#frames.splice(0);
  }

  /** All results that came since the last time: of which items they are, and their text. */
  results(): [first: number, count: number, text: string][] {
    return this.take().filter(({ kind }) => kind === FROM_SANDBOX.result)
      .map(({ first, second, text }) => [first, second, text]);
  }

  /** The clock is asked before anybody waits for room: five milliseconds pass each time. */
  #readWhatIsThere(): number {
    const { ring } = this;
    while (ring.read()) {
      const { kind, first, second, payload } = ring;
      const text = decoder.decode(payload, { stream: true });
      this.#frames.push({ kind, first, second, text, bytes: payload });
    }
    return this.#nowMs += 5;
  }
}
