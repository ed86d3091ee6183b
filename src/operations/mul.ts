/** The product a * b of two doubles; an overflow gives an infinity, which the registry makes an error. */
export function mul(a: number, b: number): number {
  return a * b;
}
