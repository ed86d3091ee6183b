import { build, type Histogram } from "hdr-histogram-js";

/** Latencies are counted in tenths of a microsecond. */
const UNITS_PER_MS = 10_000;
/** Lines that were not what they should be and are kept, to be shown. */
const MAX_EXAMPLES = 3;

/** Latencies in milliseconds. */
export interface Latency {
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
}

/** What a tally counts. */
export interface TallyOptions {
  /** When counting begins, in milliseconds of the generator's clock; what was before is warming up. */
  readonly startMs: number;
  /** When it ends. */
  readonly endMs: number;
  /**
   * What must lie between the two: the reply in a closed loop, where only the rate is wanted; the request in an
   * open one, where a reply that comes too late must not be left out.
   */
  readonly countBy: "request" | "reply";
}

/** Counts replies, and how long they took. */
export class Tally {
  /** Right replies that count. */
  good = 0;
  /** Right replies in all, those of the warming up included. */
  goodInAll = 0;
  /** Replies that say `"ok": false`. */
  failed = 0;
  /** Replies that are not the right ones, or answer nothing that was asked. */
  wrong = 0;
  /** Some of the replies that failed or were wrong. */
  readonly examples: string[] = [];
  /** The longest time without any right reply, in milliseconds. */
  longestPauseMs = 0;
  readonly #options: TallyOptions;
  readonly #histogram: Histogram = build({
    bitBucketSize: 32,
    numberOfSignificantValueDigits: 3,
    useWebAssembly: false,
  });
  #lastGoodMs: number;

  /** Nothing counted yet. */
  constructor(options: TallyOptions) {
    this.#options = options;
    this.#lastGoodMs = options.startMs;
  }

  /** Counts `count` right replies to requests that were (to be) sent at one time. */
  right(sentMs: number, nowMs: number, count: number): void {
    this.goodInAll += count;
    const { startMs, endMs, countBy } = this.#options;
    if (nowMs >= startMs && nowMs < endMs) {
      this.longestPauseMs = Math.max(this.longestPauseMs, nowMs - this.#lastGoodMs);
      this.#lastGoodMs = nowMs;
    }
    const atMs = countBy === "reply" ? nowMs : sentMs;
    if (atMs < startMs || atMs >= endMs) return;
    this.good += count;
    const units = Math.max(1, Math.round((nowMs - sentMs) * UNITS_PER_MS));
    this.#histogram.recordValueWithCount(units, count);
  }

  /** Counts a reply that says that it failed. */
  failure(line: string): void {
    this.failed++;
    this.#example(line);
  }

  /** Counts a reply that is not right. */
  mistake(line: string): void {
    this.wrong++;
    this.#example(line);
  }

  /** How many replies a second counted. */
  get perSecond(): number {
    return this.good / (this.#options.endMs - this.#options.startMs) * 1000;
  }

  /** How long replies took; zeros where none counted. */
  get latency(): Latency {
    const at = (percentile: number) =>
      this.#histogram.getValueAtPercentile(percentile) / UNITS_PER_MS;
    return { p50: at(50), p99: at(99), p999: at(99.9), max: at(100) };
  }

  /** The end of the measured time without a reply is a pause, too. */
  close(): void {
    const pauseMs = this.#options.endMs - this.#lastGoodMs;
    this.longestPauseMs = Math.max(this.longestPauseMs, pauseMs);
  }

  #example(line: string): void {
    if (this.examples.length < MAX_EXAMPLES) this.examples.push(line.slice(0, 300));
  }
}
