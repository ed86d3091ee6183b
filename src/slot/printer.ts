/**
 * The console of a user's function: what it prints is handed over, so much a second and no more.
 *
 * This runs beside the user's function: see ../jobs/primordials.ts.
 *
 * @module
 */

import { MAX_PRINT_BYTES_PER_SECOND, PRINT_COST_BYTES } from "../limits.ts";
import { floor } from "../jobs/primordials.ts";
import { printedText } from "./printed_text.ts";
import { cut, withoutOtherFrames } from "./trouble.ts";

/** Methods that print their arguments. */
const PRINTING = [
  ..."log info warn error debug trace dir dirxml table group groupCollapsed".split(" "),
];
/** What an assertion that fails is said with. */
const FAILED = "Assertion failed";
/** Methods that are there, and do nothing. */
const SILENT = "clear groupEnd timeStamp profile profileEnd".split(" ");

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
    this.#addCounters();
    this.#addClocks();
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
    const text = cut(withoutOtherFrames(printedText(values), this.moduleName));
    this.#printed += text.length + PRINT_COST_BYTES;
    this.#emit(text);
  }

  #addCounters(): void {
    const counts = { __proto__: null } as unknown as Record<string, number | undefined>;
    this.console.count = (label = "default") => {
      const name = printedText([label]);
      const count = (counts[name] ?? 0) + 1;
      counts[name] = count;
      this.print([`${name}: ${count}`]);
    };
    this.console.countReset = (label = "default") => {
      counts[printedText([label])] = 0;
    };
  }

  #addClocks(): void {
    const starts = { __proto__: null } as unknown as Record<string, number | undefined>;
    this.console.time = (label = "default") => {
      starts[printedText([label])] = this.#now();
    };
    const tell = (label: unknown = "default") => {
      const name = printedText([label]);
      const start = starts[name];
      if (start === undefined) return;
      this.print([`${name}: ${floor((this.#now() - start) * 1000) / 1000} ms`]);
    };
    this.console.timeLog = tell;
    this.console.timeEnd = (label = "default") => {
      tell(label);
      starts[printedText([label])] = undefined;
    };
  }

  /** Says how much was dropped since it was said last: once a second, and where nothing may come after it. */
  tellDropped(): void {
    const dropped = this.#dropped;
    if (dropped === 0) return;
    this.#dropped = 0;
    this.#emit(`… ${dropped} more line${dropped === 1 ? " was" : "s were"} left out`);
  }
}
