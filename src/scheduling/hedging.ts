import {
  HEDGE_BURST,
  HEDGE_MAX_MS,
  HEDGE_MIN_MS,
  HEDGE_REFILL_PER_SECOND,
  HEDGE_SHARE,
} from "../limits.ts";

/** Width of a bucket of reply times; as the delay is clamped, only 12.5 to 25 ms need to be told apart. */
const BUCKET_MS = 0.5;
const BUCKETS = 64;
/** Reply times that are counted before the older ones begin to weigh less. */
const SAMPLES_KEPT = 4096;
/** The time over which requests are counted for the budget. */
const BUDGET_WINDOW_S = 10;

/**
 * When a second worker is asked: after 4 times the time in which 99 of 100 replies come, at least 50 and at most
 * 100 ms. Only replies of workers that are up to requests that were asked once may be recorded: taken from all,
 * the rule would feed on itself.
 */
export class HedgeDelay {
  readonly #counts = new Uint32Array(BUCKETS);
  #total = 0;

  /** Records how long a reply took. */
  record(ms: number): void {
    const bucket = Math.min(BUCKETS - 1, Math.floor(ms / BUCKET_MS));
    this.#counts[bucket]!++;
    if (++this.#total < SAMPLES_KEPT) return;
    this.#total = 0;
    for (let index = 0; index < BUCKETS; index++) {
      this.#total += this.#counts[index] = this.#counts[index]! >> 1;
    }
  }

  /** The delay now, in milliseconds. */
  get delayMs(): number {
    if (this.#total === 0) return HEDGE_MAX_MS;
    let slower = this.#total / 100;
    let bucket = BUCKETS;
    while (bucket > 0 && slower >= 0) slower -= this.#counts[--bucket]!;
    return Math.min(HEDGE_MAX_MS, Math.max(HEDGE_MIN_MS, 4 * (bucket + 1) * BUCKET_MS));
  }
}

/**
 * How many requests may be asked a second time, so that a cluster that is merely slow is not asked twice for
 * everything: a tenth of the requests of the last ten seconds, at least 64 at once, and at least 10 a second.
 */
export class HedgeBudget {
  #tokens = HEDGE_BURST;
  #refilledMs = 0;
  readonly #requests = new Uint32Array(BUDGET_WINDOW_S);
  #second = 0;

  /** Counts a request that came at `nowMs`. */
  request(nowMs: number): void {
    this.#moveTo(nowMs);
    const slot = this.#second % BUDGET_WINDOW_S;
    this.#requests[slot]!++;
    this.#tokens += HEDGE_SHARE;
  }

  /** Whether one may ask once more. */
  hasToken(nowMs: number): boolean {
    this.#moveTo(nowMs);
    const refill = (nowMs - this.#refilledMs) / 1000 * HEDGE_REFILL_PER_SECOND;
    this.#refilledMs = nowMs;
    this.#tokens = Math.min(this.#tokens + refill, this.#burst());
    return this.#tokens >= 1;
  }

  /** Uses that right. */
  take(): void {
    this.#tokens--;
  }

  #burst(): number {
    const recent = this.#requests.reduce((sum, count) => sum + count, 0);
    return Math.max(HEDGE_BURST, HEDGE_SHARE * recent);
  }

  #moveTo(nowMs: number): void {
    const second = Math.floor(nowMs / 1000);
    if (second === this.#second) return;
    // Clocks that jumped far ahead have nothing left to count.
    const steps = Math.min(BUDGET_WINDOW_S, second - this.#second);
    for (let step = 1; step <= steps; step++) {
      this.#requests[(second - steps + step) % BUDGET_WINDOW_S] = 0;
    }
    this.#second = second;
  }
}
