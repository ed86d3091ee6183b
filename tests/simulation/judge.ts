import { doubleText, type SimulatedRequest } from "./requests.ts";

/** What a reply is: right, an error that must be explained by circumstances, or wrong. */
export type Judgement = "right" | "deadline" | "no_worker" | { readonly wrong: string };

const ERRORS = {
  division_by_zero: "División por cero",
  overflow: "el resultado es demasiado grande",
  deadline_exceeded: "se agotó el tiempo de la solicitud",
  no_worker_available: "ningún worker disponible",
} as const;

/**
 * Compares a reply, character by character, with what a direct calculation gives.
 *
 * @param id The request's `id` as it stands in the line; `undefined` if it had none.
 * @param shares How many workers a sum may have been split over.
 */
export function judge(
  request: SimulatedRequest,
  id: string | undefined,
  text: string,
  shares: readonly number[],
): Judgement {
  const opening = id === undefined ? "{" : `{"id":${id},`;
  const wrong = (expected: string) => ({ wrong: `{${request.body} got ${text}, not ${expected}` });
  const is = (code: keyof typeof ERRORS) => {
    const suffix = id === undefined ? "" : `,"code":"${code}"`;
    const start = `${opening}"ok":false,"error":"${ERRORS[code]}"${suffix}`;
    const explained = request.explain ?? (id !== undefined && code !== "division_by_zero" &&
      code !== "overflow");
    return matches(text, start, explained);
  };
  if (is("no_worker_available")) return "no_worker";
  if (is("deadline_exceeded")) return "deadline";
  const expected = expectedReplies(request, opening, shares);
  if (expected === "division_by_zero" || expected === "overflow") {
    return is(expected) ? "right" : wrong(expected);
  }
  const isRight = expected.some((start) => matches(text, start, request.explain ?? false));
  return isRight ? "right" : wrong(expected.join(" or "));
}

function matches(text: string, start: string, isExplained: boolean): boolean {
  if (!isExplained) return text === start + "}";
  if (!text.startsWith(start + ',"explain":{"ms":')) return false;
  const { ms, work } = JSON.parse(text).explain;
  return typeof ms === "number" && Array.isArray(work);
}

function expectedReplies(
  { op, a, b }: SimulatedRequest,
  opening: string,
  shares: readonly number[],
): readonly string[] | "division_by_zero" | "overflow" {
  if (op === "sum_range") return [`${opening}"ok":true,"result":${squares(big(a), big(b))}`];
  if (op === "sum_squares") {
    const n = big(b);
    const start = `${opening}"ok":true,"result":${squares(1n, n)},"parts":[`;
    return shares.map((count) => `${start}${parts(n, count)}]`);
  }
  const [x, y] = [Number(a), Number(b)];
  if (op === "div" && y === 0) return "division_by_zero";
  const result = op === "add" ? x + y : op === "sub" ? x - y : op === "mul" ? x * y : x / y;
  if (!Number.isFinite(result)) return "overflow";
  const operands = `"a":${doubleText(x)},"b":${doubleText(y)}`;
  return [`${opening}"ok":true,"result":${doubleText(result)},${operands},"op":"${op}"`];
}

function big(value: number | bigint): bigint {
  return BigInt(value);
}

/** a² + … + b²: by a loop where that ends, by the closed form where it does not. */
function squares(a: bigint, b: bigint): bigint {
  if (b - a > 40n) {
    const upTo = (n: bigint) => n * (n + 1n) * (n + n + 1n) / 6n;
    return upTo(b) - upTo(a > 0n ? a - 1n : 0n);
  }
  let sum = 0n;
  for (let k = a; k <= b; k++) sum += k * k;
  return sum;
}

/** The parts of 1..n over so many workers: each as large as those before it, or smaller by one. */
function parts(n: bigint, workers: number): string {
  const list: string[] = [];
  let from = 1n;
  for (let left = BigInt(workers); left > 0n && from <= n; left--) {
    const size = (n - from + left) / left;
    const to = from + size - 1n;
    list.push(`{"a":${from},"b":${to},"result":${squares(from, to)}}`);
    from = to + 1n;
  }
  return list.join(",");
}
