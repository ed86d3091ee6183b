/** How the pauses between attempts grow. */
export interface BackoffOptions {
  /** The pause after the first failure, in milliseconds. */
  readonly minMs: number;
  /** The longest pause, in milliseconds. */
  readonly maxMs: number;
}

/** The share of a pause that jitter may take away, so that many waiters do not come at once. */
const JITTER = 0.2;

/**
 * The pause before the next attempt: `minMs` doubled with every failure up to `maxMs`, less up to 20 % of
 * jitter. No failure yet means no pause.
 *
 * @param failures Consecutive failures until now.
 * @param random A number in [0, 1).
 */
export function backoffMs(failures: number, options: BackoffOptions, random: number): number {
  if (failures <= 0) return 0;
  // 2 ** 30 ms are 12 days: beyond it the power serves nobody, and before 2 ** 1024 it must end.
  const grown = options.minMs * 2 ** Math.min(failures - 1, 30);
  return Math.min(grown, options.maxMs) * (1 - JITTER * random);
}
