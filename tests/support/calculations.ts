const ARITHMETIC = ["add", "sub", "mul", "div"] as const;
/** Every fifth request is a sum. */
const CYCLE = ARITHMETIC.length + 1;
const MAX_N = 200;

/** Sums by their upper end and the number of their parts: the same few come again and again. */
const sums = new Map<string, string>();

/**
 * The members of the `k`-th request of an endless list in which every operation comes up, without braces: an
 * `id` may be put in front of them.
 */
export function membersOf(k: number): string {
  const op = ARITHMETIC[k % CYCLE];
  if (op === undefined) return `"op":"sum_squares","n":${upperEnd(k)}`;
  const [a, b] = operands(k);
  return `"op":"${op}","a":${a},"b":${b}`;
}

/** The members of the only right reply to that request, where a sum is split over so many workers. */
export function rightMembers(k: number, workers: number): string {
  const op = ARITHMETIC[k % CYCLE];
  if (op === undefined) return rightSum(upperEnd(k), workers);
  const [a, b] = operands(k);
  return `"ok":true,"result":${double(resultOf(op, a, b))},"a":${double(a)},"b":${double(b)},` +
    `"op":"${op}"`;
}

function operands(k: number): [number, number] {
  return [k % 1000 - 500, 1 + k % 7];
}

function upperEnd(k: number): number {
  return Math.floor(k / CYCLE) % MAX_N;
}

function resultOf(op: typeof ARITHMETIC[number], a: number, b: number): number {
  switch (op) {
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return a * b;
    case "div":
      return a / b;
  }
}

/** As the wire writes doubles of this size. */
function double(value: number): string {
  return Number.isInteger(value) ? `${value}.0` : String(value);
}

function rightSum(n: number, workers: number): string {
  const key = `${n}/${workers}`;
  const known = sums.get(key);
  if (known !== undefined) return known;
  const count = Math.min(n, workers);
  const parts: string[] = [];
  for (let place = 0, a = 1; place < count; place++) {
    const size = Math.floor(n / count) + (place < n % count ? 1 : 0);
    const b = a + size - 1;
    parts.push(`{"a":${a},"b":${b},"result":${sumTo(b) - sumTo(a - 1)}}`);
    a = b + 1;
  }
  const members = `"ok":true,"result":${sumTo(n)},"parts":[${parts.join()}]`;
  sums.set(key, members);
  return members;
}

function sumTo(n: number): number {
  return n * (n + 1) * (2 * n + 1) / 6;
}
