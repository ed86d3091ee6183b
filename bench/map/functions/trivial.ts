/** The least that there is to do. */
export function map(item: number): number {
  return 2 * item + 1;
}
