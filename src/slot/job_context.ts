/**
 * What the user's functions are given beside the item.
 *
 * This runs beside the user's function: see ../jobs/primordials.ts.
 *
 * @module
 */

import { parseExactly } from "../jobs/items.ts";
import { isSafeInteger, PlainTypeError, reflectApply } from "../jobs/primordials.ts";
import { ItemRandom } from "../jobs/random.ts";
import type { SandboxJob } from "./shared.ts";
import type { ItemContext } from "./user_module.ts";

const Controller = AbortController;
const { abort } = AbortController.prototype;
const getSignal = Object.getOwnPropertyDescriptor(AbortController.prototype, "signal")!.get!;

/** One context for all items of a job, as they are done one after the other. */
export class JobContext {
  /** What the functions see. They may add members of their own. */
  readonly shown: ItemContext;
  readonly #random: ItemRandom;
  /** Whether an item is a stretch of numbers, cut by how fast machines are. */
  readonly #hasStretches: boolean;
  #position = 0;
  /** The position whose random numbers are being given. */
  #randomOf = -1;
  #controller: AbortController | undefined;

  /** A context that is at no item yet. */
  constructor(job: SandboxJob) {
    this.#random = new ItemRandom(job.seed);
    this.#hasStretches = job.call === "mapRange";
    const args: unknown = job.args === null ? undefined : parseExactly(job.args);
    const position = () => this.#position;
    const signal = () => this.#signal();
    this.shown = {
      get position() {
        return position();
      },
      args,
      random: (position) => this.#next(position),
      get signal() {
        return signal();
      },
    };
  }

  /** Goes on to the item at a position. */
  at(position: number): void {
    this.#position = position;
    // Its random numbers begin anew, even if the same item is tried once more.
    this.#randomOf = -1;
  }

  /** Says to the function that the value is not wanted any more. */
  abort(): void {
    if (this.#controller === undefined) return;
    try {
      reflectApply(abort, this.#controller, []);
    } catch {
      // A listener of the function's own threw, or has broken what calls it.
    }
  }

  /** The next signal is a new one. */
  renewSignal(): void {
    this.#controller = undefined;
  }

  #next(position: number | undefined): number {
    if (position === undefined && this.#hasStretches && this.#position > 0) {
      throw new PlainTypeError(
        "random() in mapRange would depend on how the numbers were cut: " +
          "random(position) gives those of a position, from context.position on",
      );
    }
    if (position !== undefined && !isSafeInteger(position)) {
      throw new PlainTypeError("random(position) needs a whole number");
    }
    const of = position ?? this.#position;
    if (this.#randomOf !== of) {
      this.#randomOf = of;
      this.#random.begin(of);
    }
    return this.#random.next();
  }

  #signal(): AbortSignal {
    this.#controller ??= new Controller();
    return reflectApply(getSignal, this.#controller, []);
  }
}
