import type { Dice } from "./dice.ts";

/** A request as a simulated client asks it, and what is known of its reply beforehand. */
export interface SimulatedRequest {
  readonly op: "add" | "sub" | "mul" | "div" | "sum_squares" | "sum_range";
  /** The members after the `id`, with the closing brace. */
  readonly body: string;
  readonly timeoutMs: number | undefined;
  readonly explain: boolean | undefined;
  /** The operands, or the ends of the range; `n` in `b`. */
  readonly a: number | bigint;
  readonly b: number | bigint;
}

const OPERANDS = [0, -0, 1, -1, 0.1, 2.5, 10, 5, 1e21, 123456789.125, 1e300, -1e300, 5e-324];
const SMALL_TIMEOUTS_MS = [0, 1, 5, 30, 200, 1000, 5000];

/** A double as the wire has it; written anew here, so that the project's own does not judge itself. */
export function doubleText(value: number): string {
  if (Object.is(value, -0)) return "-0.0";
  const text = `${value}`;
  return /^-?\d+$/.test(text) ? `${text}.0` : text;
}

/** A request of any kind that a right client may ask. */
export function drawRequest(dice: Dice): SimulatedRequest {
  const timeoutMs = dice.chance(0.15) ? dice.pick(SMALL_TIMEOUTS_MS) : undefined;
  const explain = dice.chance(0.1) ? dice.chance(0.7) : undefined;
  const rest = (timeoutMs === undefined ? "" : `,"timeout_ms":${timeoutMs}`) +
    (explain === undefined ? "" : `,"explain":${explain}`) + "}";
  const op = dice.weighted(
    [
      [3, "add"],
      [1, "sub"],
      [1, "mul"],
      [2, "div"],
      [3, "sum_squares"],
      [1, "sum_range"],
    ] as const,
  );
  const known = { op, timeoutMs, explain };
  if (op === "sum_squares") {
    const n = drawInteger(dice);
    return { ...known, a: 1n, b: n, body: `"op":"sum_squares","n":${n}${rest}` };
  }
  if (op === "sum_range") {
    const a = drawInteger(dice);
    const b = a + drawInteger(dice);
    return { ...known, a, b, body: `"op":"sum_squares","a":${a},"b":${b}${rest}` };
  }
  // Whole numbers that differ make a reply to another request a wrong one.
  const operand = () => dice.chance(0.3) ? dice.pick(OPERANDS) : dice.below(1_000_000);
  const a = operand();
  const b = op === "div" && dice.chance(0.3) ? 0 : operand();
  const members = `"a":${doubleText(a)},"b":${doubleText(b)}`;
  return { ...known, a, b, body: `"op":"${op}",${members}${rest}` };
}

/** A request whose reply is as long as replies become. */
export function drawLargest(dice: Dice): SimulatedRequest {
  const n = BigInt(`${1 + dice.below(9)}`.repeat(1000));
  const body = `"op":"sum_squares","n":${n}}`;
  return { op: "sum_squares", a: 1n, b: n, body, timeoutMs: undefined, explain: undefined };
}

function drawInteger(dice: Dice): bigint {
  if (dice.chance(0.6)) return BigInt(dice.below(30));
  if (dice.chance(0.8)) return BigInt(dice.below(1_000_000_000));
  let digits = `${1 + dice.below(9)}`;
  for (let count = dice.between(16, 120); count > 0; count--) digits += dice.below(10);
  return BigInt(digits);
}

/** A line that is no request, and the code of its error where it has an `id`. */
export interface MalformedLine {
  readonly text: string;
  /** As it stands in the line. */
  readonly id: string | undefined;
  readonly code: string;
}

const MALFORMED: readonly (readonly [members: string, code: string])[] = [
  ["}", "missing_op"],
  ['"op":7}', "bad_op"],
  ['"op":"pow","a":2,"b":3}', "unknown_op"],
  ['"op":"add","a":2}', "missing_operand"],
  ['"op":"add","a":"2","b":3}', "bad_operand"],
  ['"op":"sum_squares","n":-1}', "bad_integer"],
  ['"op":"sum_squares","n":1e30}', "inexact_integer"],
  ['"op":"sum_squares","a":3,"b":2}', "bad_range"],
  ['"op":"add","a":1,"b":2,"timeout_ms":-1}', "bad_timeout"],
  ['"op":"add","a":1,"b":2,"hops":9}', "too_many_hops"],
];
const NO_JSON = ["{", "nonsense", "[1,2]", '"add"', "17", '{"op":"add","a":1,"b":2}}', "\u00e9"];

/** A line that a careless client may send. */
export function drawMalformed(dice: Dice, id: string | undefined): MalformedLine {
  if (id === undefined && dice.chance(0.5)) {
    return { text: dice.pick(NO_JSON), id, code: "invalid" };
  }
  const [members, code] = dice.pick(MALFORMED);
  const opening = id === undefined ? "{" : `{"id":${id}${members === "}" ? "" : ","}`;
  return { text: opening + members, id, code };
}
