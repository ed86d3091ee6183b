/** One request, and the only right reply to it: lines with their newlines. */
export interface Exercise {
  readonly request: string;
  readonly reply: string;
}

/**
 * Who answers:
 * - `aula`: one of our servers;
 * - `echo`: the floor, which gives the request back;
 * - `python`: the original design, with the spaces that Python's `json.dumps` writes.
 */
export type ReplyStyle = "aula" | "echo" | "python";

/** What is asked. */
export interface ExerciseOptions {
  /** Who answers. */
  readonly style: ReplyStyle;
  /**
   * The operation. A sum is asked as `sum_squares` of `n`, over so many workers.
   *
   * @default {"add"}
   */
  readonly op?: "add" | { readonly n: string; readonly workers: number };
  /**
   * Whether requests carry an `id`; those without are answered in their order.
   *
   * @default {true}
   */
  readonly hasId?: boolean;
  /**
   * Bytes of padding in a field that nobody reads.
   *
   * @default {0}
   */
  readonly padding?: number;
}

/** Ids begin here, so that all of a book have as many digits. */
export const FIRST_ID = 1_000_000;

/** The exercise at a place of a book. */
export function exerciseAt(index: number, options: ExerciseOptions): Exercise {
  const { style, op = "add", hasId = true, padding = 0 } = options;
  const opening = hasId ? `{"id":${FIRST_ID + index},` : "{";
  const pad = padding === 0 ? "" : `,"pad":"${"x".repeat(padding)}"`;
  const [question, answer] = op === "add"
    ? addition(10 + index % 90, index % 10)
    : sumOfSquares(BigInt(op.n), op.workers);
  const request = `${opening}${question}${pad}}\n`;
  if (style === "echo") return { request, reply: request };
  const reply = `${opening}"ok":true,${answer}}\n`;
  return { request, reply: style === "python" ? spaced(reply) : reply };
}

function addition(a: number, b: number): [question: string, answer: string] {
  return [`"op":"add","a":${a},"b":${b}`, `"result":${a + b}.0,"a":${a}.0,"b":${b}.0,"op":"add"`];
}

/** By the closed form and PROTOCOL.md's rule for the cut, in code of the benchmark's own. */
function sumOfSquares(n: bigint, workers: number): [question: string, answer: string] {
  const count = n < BigInt(workers) ? Number(n) : workers;
  const parts: string[] = [];
  let from = 1n;
  for (let index = 0; index < count; index++) {
    const size = n / BigInt(count) + (BigInt(index) < n % BigInt(count) ? 1n : 0n);
    const to = from + size - 1n;
    parts.push(`{"a":${from},"b":${to},"result":${squaresTo(to) - squaresTo(from - 1n)}}`);
    from = to + 1n;
  }
  return [`"op":"sum_squares","n":${n}`, `"result":${squaresTo(n)},"parts":[${parts.join(",")}]`];
}

function squaresTo(n: bigint): bigint {
  return n * (n + 1n) * (2n * n + 1n) / 6n;
}

/** The same JSON as Python writes it; our lines have no text in which this would do harm. */
function spaced(line: string): string {
  return line.replaceAll(",", ", ").replaceAll(":", ": ");
}
