/**
 * A bound that no test reaches unless something hangs: it is no measure of speed. On a busy machine a worker may be
 * ejected again and again, for a minute in the end.
 */
export const HANG_MS = 90_000;

/** How often a condition that cannot be waited for is looked at. */
const POLL_MS = 5;

/**
 * The promise's own outcome, unless that does not come within the bound.
 *
 * @throws {Error} If it does not: `what` says what was waited for.
 */
export async function within<T>(
  what: string,
  promise: Promise<T>,
  boundMs: number = HANG_MS,
): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const hang = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`Waited in vain for ${what}`)), boundMs);
  });
  try {
    return await Promise.race([promise, hang]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The first value of a probe that is neither `undefined` nor `false`; it is asked again and again.
 *
 * @throws {Error} If none comes within the bound: `what` says what was waited for.
 */
export async function until<T>(
  what: string,
  probe: () => T | undefined | false | Promise<T | undefined | false>,
  boundMs: number = HANG_MS,
): Promise<T> {
  const endMs = performance.now() + boundMs;
  while (true) {
    const value = await probe();
    if (value !== undefined && value !== false) return value;
    if (performance.now() > endMs) throw new Error(`Waited in vain for ${what}`);
    await pause(POLL_MS);
  }
}

/** Lets time pass: where it is the very thing that a test is about, never to wait for something. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
