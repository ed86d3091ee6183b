/**
 * The console of a user's function: what it prints is handed over, so much a second and no more.
 *
 * This runs beside the user's function: see ../jobs/primordials.ts.
 *
 * @module
 */

import { MAX_PRINT_BYTES_PER_SECOND, PRINT_COST_BYTES } from "../limits.ts";
import { printedText } from "./printed_text.ts";
import { cut, withoutOurFrames } from "./trouble.ts";

/** Methods that print their arguments. */
const PRINTING = ["log", "info", "warn", "error", "debug", "trace", "dir", "table"] as const;
/** What an assertion that fails is said with. */
const FAILED = "Assertion failed";
/** Methods that are there, and do nothing. */
const SILENT = [
  ..."clear count countReset dirxml group groupCollapsed groupEnd".split(" "),
  ..."time timeEnd timeLog timeStamp profile profileEnd".split(" "),
];

/** Makes a console, and holds to its bound. */
export class Printer {
  /** What the function finds as `console`. */
  readonly console: Record<string, (...values: unknown[]) => void>;
  readonly #now: () => number;
  readonly #emit: (text: string) => void;
  #secondMs = -Infinity;
  #printed = 0;
  #dropped = 0;

  /** What the module is called, once it is known. */
  moduleName = "";

  /** Gives every text that is not too much to `emit`. */
  constructor(now: () => number, emit: (text: string) => void) {
    this.#now = now;
    this.#emit = emit;
    this.console = {};
    const print = (...values: unknown[]) => this.print(values);
    for (const name of PRINTING) this.console[name] = print;
    for (const name of SILENT) this.console[name] = () => {};
    this.console.assert = (isTrue, ...values) => {
      if (!isTrue) this.print([values.length === 0 ? FAILED : `${FAILED}: ${printedText(values)}`]);
    };
  }

  /** Prints values as `console.log` does. */
  print(values: readonly unknown[]): void {
    const nowMs = this.#now();
    if (nowMs - this.#secondMs >= 1000) {
      this.#secondMs = nowMs;
      this.#printed = 0;
      this.tellDropped();
    }
    if (this.#printed >= MAX_PRINT_BYTES_PER_SECOND) {
      this.#dropped++;
      return;
    }
    const text = cut(withoutOurFrames(printedText(values), this.moduleName));
    this.#printed += text.length + PRINT_COST_BYTES;
    this.#emit(text);
  }

  /** Says how much was dropped since it was said last: once a second, and where nothing may come after it. */
  tellDropped(): void {
    const dropped = this.#dropped;
    if (dropped === 0) return;
    this.#dropped = 0;
    this.#emit(`… ${dropped} more line${dropped === 1 ? " was" : "s were"} left out`);
  }
}
