/**
 * The random source of one item: the same for the same seed and position, wherever and after whatever else
 * the item is calculated, so that a Monte Carlo run gives the same on any machines.
 *
 * The generator is sfc32 (Chris Doty-Humphrey's "small fast counting" generator, of PractRand), its state
 * filled by splitmix32 steps from the seed and the position; neighbouring positions share nothing then.
 *
 * This runs beside the user's function: see primordials.ts.
 *
 * @module
 */

import { floor, imul } from "./primordials.ts";

/** Outputs that are thrown away after seeding, as sfc32's author does. */
const WARM_UP = 15;

/** A source of numbers in [0, 1), which {@linkcode ItemRandom.begin} sets to the item's own beginning. */
export class ItemRandom {
  readonly #seedLow: number;
  readonly #seedHigh: number;
  #a = 0;
  #b = 0;
  #c = 0;
  #counter = 1;
  #mix = 0;

  /** The same seed gives the same numbers for the same positions. */
  constructor(seed: number) {
    this.#seedLow = seed | 0;
    this.#seedHigh = floor(seed / 2 ** 32) | 0;
  }

  /** Begins with the numbers of one item. */
  begin(position: number): void {
    this.#mix = this.#seedLow;
    this.#a = this.#nextMix() ^ (position | 0);
    this.#mix ^= this.#a;
    this.#b = this.#nextMix() ^ this.#seedHigh;
    this.#mix ^= this.#b;
    this.#c = this.#nextMix() ^ (floor(position / 2 ** 32) | 0);
    this.#counter = 1;
    for (let count = 0; count < WARM_UP; count++) this.#nextWord();
  }

  /** The next number in [0, 1), of 53 random bits. */
  next(): number {
    const high = this.#nextWord() >>> 5;
    const low = this.#nextWord() >>> 6;
    return (high * 2 ** 26 + low) / 2 ** 53;
  }

  #nextWord(): number {
    const word = (this.#a + this.#b + this.#counter) | 0;
    this.#counter = (this.#counter + 1) | 0;
    this.#a = this.#b ^ (this.#b >>> 9);
    this.#b = (this.#c + (this.#c << 3)) | 0;
    this.#c = ((this.#c << 21) | (this.#c >>> 11)) + word | 0;
    return word;
  }

  /** One step of splitmix32. */
  #nextMix(): number {
    this.#mix = (this.#mix + 0x9e3779b9) | 0;
    let word = this.#mix;
    word = imul(word ^ (word >>> 16), 0x21f0aaad);
    word = imul(word ^ (word >>> 15), 0x735a2d97);
    return word ^ (word >>> 15);
  }
}
