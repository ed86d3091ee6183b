/** The difference a - b of two doubles; an overflow gives an infinity, which the registry makes an error. */
export function sub(a: number, b: number): number {
  return a - b;
}
