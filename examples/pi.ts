/**
 * π by throwing darts: of those that hit a square at random, π/4 hit the quarter of a circle in it. A thousand
 * items of a hundred thousand darts are a hundred million, and what this prints begins with the digits of π:
 *
 * ```sh
 * client map examples/pi.ts --range 1..1000 --reduce sum
 * client map examples/pi.ts --range 1..1000 --reduce sum --seed 7     # other darts
 * ```
 *
 * `context.random` depends on the seed and on the item, and on nothing else. So the same command prints the same
 * number on any machines, however many there are and whichever of them fail; `Math.random` would not.
 *
 * @module
 */

const DARTS = 100_000;

/** Four times the darts that hit. */
export function map(_item: number, context: { random(): number }): number {
  let hits = 0;
  for (let dart = 0; dart < DARTS; dart++) {
    const [x, y] = [context.random(), context.random()];
    if (x * x + y * y < 1) hits++;
  }
  return 4 * hits;
}
