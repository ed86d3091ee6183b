/**
 * Purpose: `client map` gives what the same function gives when it is called for one item after the other.
 *
 * @module
 */
import { assert, assertAlmostEquals, assertEquals } from "@std/assert";
import { linesOf, MapCluster } from "../support/map_cluster.ts";

Deno.test("client map", async (t) => {
  await using cluster = await MapCluster.launch();
  const step = (name: string, test: (cluster: MapCluster) => Promise<void>) =>
    t.step(name, () => test(cluster));

  await step("gives the values of a range, in order", givesRanges);
  await step("gives integers of any size, both ways", givesBigIntegers);
  await step("gives the values of lines, in order, and leaves blank ones out", givesLines);
  await step("gives JSON of every kind as it is", givesJson);
  await step("takes functions that are async, in TypeScript, with setup and arguments", takesMore);
  await step("gives the same random numbers however it is cut", givesRandomNumbers);
  await step("reduces by the reduces of its own", reduces);
  await step("reduces stretches of a range by mapRange", reducesStretches);
  await step("reduces by the module's reduce, with combine and without", reducesByModule);
  await step("reduces nothing to what nothing is", reducesNothing);
  await step("passes values and items of megabytes", passesLong);
});

async function check(cluster: MapCluster, args: readonly string[], expected: string, stdin = "") {
  const { stderr, ...outcome } = await cluster.map(args, { stdin });
  // On a busy machine the first slots may take longer than a client keeps silent about it.
  const said = stderr.replace("client: waiting for a worker that runs code\n", "");
  assertEquals({ ...outcome, said }, { code: 0, stdout: expected, said: "" });
}

async function givesRanges(cluster: MapCluster): Promise<void> {
  await cluster.write("square.js", "export function map(x) { return x * x; }");
  let expected = "";
  for (let x = -1000; x <= 200_000; x++) expected += `${x * x}\n`;
  await check(cluster, ["square.js", "--range", "-1000..200000"], expected);
  await check(cluster, ["square.js", "--range", "7..7"], "49\n");
}

async function givesBigIntegers(cluster: MapCluster): Promise<void> {
  await cluster.write(
    "next.js",
    "export const map = (x) => typeof x === 'bigint' ? x + 1n : x + 1;",
  );
  const first = 2n ** 53n - 3n;
  const expected = Array.from({ length: 6 }, (_, index) => `${first + BigInt(index) + 1n}\n`);
  await check(cluster, ["next.js", "--range", `${first}..${first + 5n}`], expected.join(""));
  const large = 10n ** 60n;
  await check(
    cluster,
    ["next.js", "--range", `-${large}..-${large - 1n}`],
    `-${large - 1n}\n-${large - 2n}\n`,
  );
  const lines = `${large}\n9007199254740991\n-9007199254740993\n`;
  const next = `${large + 1n}\n9007199254740992\n-9007199254740992\n`;
  await check(cluster, ["next.js", "--input", "-"], next, lines);
}

async function givesLines(cluster: MapCluster): Promise<void> {
  await cluster.write("pick.js", "export const map = ({ id, text }) => `${id}:${text.length}`;");
  const items = Array.from({ length: 30_000 }, (_, id) => ({ id, text: "ñ".repeat(id % 50) }));
  const lines = items.map((item) =>
    JSON.stringify(item) + (item.id % 7 === 0 ? "\n\n \t\n" : "\n")
  );
  await cluster.write("in.jsonl", lines.join("").trimEnd());
  const expected = items.map(({ id, text }) => `"${id}:${text.length}"\n`).join("");
  await check(cluster, ["pick.js", "--input", "in.jsonl"], expected);
  await check(cluster, ["pick.js", "--input=-", "--output", "out"], "", lines.join(""));
  assertEquals(await cluster.read("out"), expected);
}

async function givesJson(cluster: MapCluster): Promise<void> {
  await cluster.write("same.js", "export const map = (item) => item;");
  const lines = [
    'null\n"ñ 😀 \\u2028 \\" \\n"\n-0.5\n1e300\n[]\n{}\n{"a":[1,{"b":null}],"é":true}\n',
    '"\\ud83d\\ude00"\n',
  ];
  const expected = [
    'null\n"ñ 😀 \u2028 \\" \\n"\n-0.5\n1e+300\n[]\n{}\n{"a":[1,{"b":null}],"é":true}\n',
    '"😀"\n',
  ];
  await check(cluster, ["same.js", "--input", "-"], expected.join(""), lines.join(""));
  await check(cluster, ["same.js", "--input", "-"], "3\n0\n3.5\n", "3.0\r\n-0\r\n3.50");
}

async function takesMore(cluster: MapCluster): Promise<void> {
  await cluster.write(
    "more.ts",
    `
interface Args { readonly factor: number }
interface Context { readonly args: Args; readonly position: number; readonly signal: AbortSignal }
let offset = 0;
export async function setup({ args }: Context): Promise<void> {
  await Promise.resolve();
  offset = args.factor * 1000;
}
export async function map<T extends number>(item: T, { args, position, signal }: Context) {
  await Promise.resolve();
  if (signal.aborted) throw new Error("not wanted");
  return [item * args.factor + offset, position] as const;
}
`,
  );
  const expected = Array.from({ length: 100 }, (_, i) => `[${(i + 5) * 3 + 3000},${i + 1}]\n`);
  const args = ["--range", "5..104", "--args", '{"factor":3}'];
  await check(cluster, ["more.ts", ...args], expected.join(""));
  await cluster.write("large.js", "export const map = (x, { args }) => args.n + BigInt(x);");
  const large = ["large.js", "--range", "1..2", "--args", '{"n": 12345678901234567890}'];
  await check(cluster, large, "12345678901234567891\n12345678901234567892\n");
}

async function givesRandomNumbers(cluster: MapCluster): Promise<void> {
  const dice = "export const map = (_, { random }) => [random(), random()];";
  await cluster.write("dice.js", dice);
  // Much slower, and so cut otherwise.
  const busy = "const t = performance.now(); while (performance.now() - t < 2);";
  await cluster.write(
    "slow.js",
    dice.replace("=> [", `=> { ${busy} return [`).replace("];", "]; };"),
  );
  const fast = await cluster.map(["dice.js", "--range", "1..300"]);
  const slow = await cluster.map(["slow.js", "--range", "1..300", "--seed", "0"]);
  assertEquals([fast.code, slow], [0, fast]);
  assertEquals(new Set(linesOf(fast.stdout)).size, 300);
  const other = await cluster.map(["dice.js", "--range", "1..300", "--seed", "1"]);
  assertEquals(linesOf(other.stdout).filter((line) => fast.stdout.includes(line)), []);
}

async function reduces(cluster: MapCluster): Promise<void> {
  await cluster.write("third.js", "export const map = (x) => x % 3 === 0 ? x : x / 10;");
  await cluster.write("same.js", "export const map = (item) => item;");
  const range = ["--range", "1..30000"];
  const cases: readonly (readonly [string, string, string])[] = [
    ["same.js", "sum", "450015000"],
    ["same.js", "count", "30000"],
    ["same.js", "min", "1"],
    ["same.js", "max", "30000"],
    ["third.js", "min", "0.1"],
  ];
  for (const [module, reduce, expected] of cases) {
    await check(cluster, [module, ...range, "--reduce", reduce], `${expected}\n`);
  }
  const all = Array.from({ length: 30_000 }, (_, index) => index + 1);
  await check(cluster, ["same.js", ...range, "--reduce", "concat"], `[${all}]\n`);
  // Exact, whatever order a thousand machines would add in.
  const lines = "1e16\n0.1\n-1e16\n".repeat(1000);
  await check(cluster, ["same.js", "--input", "-", "--reduce", "sum"], "100\n", lines);
  const large = 2n ** 70n;
  const sum = await cluster.map([
    "same.js",
    "--range",
    `${large}..${large + 9n}`,
    "--reduce",
    "sum",
  ]);
  assertEquals(sum.stdout, `${10n * large + 45n}\n`);
}

async function reducesStretches(cluster: MapCluster): Promise<void> {
  await cluster.write(
    "stretch.js",
    `export function mapRange(first, last) {
       let sum = 0;
       for (let x = first; x <= last; x++) sum += x % 1000;
       return sum;
     }`,
  );
  const expected = (499_500 * 20_000).toString();
  await check(
    cluster,
    ["stretch.js", "--range", "1..20000000", "--reduce", "sum"],
    `${expected}\n`,
  );
  // Its reduce has changed its accumulator before it throws, at every stretch that has the number.
  await cluster.write(
    "late.js",
    `export const mapRange = (first, last) => ({ n: last - first + 1, bad: first <= 77 && 77 <= last });
     export const initial = { n: 0 };
     export function reduce(all, { n, bad }) {
       all.n += n;
       if (bad) throw new Error("bad");
       return all;
     }
     export const combine = (a, b) => ({ n: a.n + b.n });`,
  );
  const late = await cluster.map(["late.js", "--range", "1..1000", "--keep-going"]);
  assertEquals([late.code, late.stdout], [1, '{"n":999}\n'], late.stderr);
}

const MEAN = `
export const map = (x) => x;
export const initial = { count: 0, sum: 0, text: "" };
export function reduce({ count, sum, text }, x) {
  return { count: count + 1, sum: sum + x, text: x % 5000 === 0 ? text + x + "," : text };
}
export function combine(a, b) {
  return { count: a.count + b.count, sum: a.sum + b.sum, text: a.text + b.text };
}
`;

async function reducesByModule(cluster: MapCluster): Promise<void> {
  await cluster.write("mean.js", MEAN);
  const text = "5000,10000,15000,20000,25000,30000,";
  const expected = `{"count":30000,"sum":450015000,"text":"${text}"}\n`;
  await check(cluster, ["mean.js", "--range", "1..30000"], expected);
  const lines = Array.from({ length: 30_000 }, (_, index) => `${index + 1}\n`).join("");
  await check(cluster, ["mean.js", "--input", "-"], expected, lines);
  await cluster.write(
    "longest.js",
    `export const map = (text) => text;
     export const initial = "";
     export const reduce = (a, b) => b.length > a.length ? b : a;`,
  );
  const words = Array.from(
    { length: 5000 },
    (_, index) => `"${"x".repeat((index * 7919) % 4999)}"\n`,
  );
  await check(cluster, ["longest.js", "--input", "-"], `"${"x".repeat(4998)}"\n`, words.join(""));
  await cluster.write(
    "most.js",
    `export const map = (x) => Math.abs(x - 70);
     export const initial = { least: Infinity, most: -Infinity };
     const both = (a, b) => ({ least: Math.min(a.least, b.least), most: Math.max(a.most, b.most) });
     export const reduce = (a, v) => both(a, { least: v, most: v });
     export const combine = both;`,
  );
  await check(cluster, ["most.js", "--range", "1..30000"], '{"least":0,"most":29930}\n');
  // Beyond 2^53 JSON says of a number what it says of a bigint.
  await cluster.write(
    "squares.js",
    `export const map = (x) => x * x;
     export const initial = { sum: 0, big: 0n };
     export const reduce = ({ sum, big }, v) => ({ sum: sum + v, big: big + BigInt(v) });
     export const combine = (a, b) => ({ sum: a.sum + b.sum, big: a.big + b.big });`,
  );
  let sum = 0n;
  for (let x = 1n; x <= 300_000n; x++) sum += x * x;
  const squares = await cluster.map(["squares.js", "--range", "1..300000"]);
  const doubles = /^\{"sum":(\d+),"big":(\d+)\}\n$/.exec(squares.stdout);
  assert(doubles !== null, squares.stderr);
  assertEquals(doubles[2], `${sum}`);
  assertAlmostEquals(Number(doubles[1]), Number(sum), Number(sum) * 1e-9);
  // Small ones come back as numbers from JSON.
  await cluster.write(
    "product.js",
    `export const map = (x) => BigInt(x % 3 + 1);
     export const initial = 1n;
     export const reduce = (a, b) => a * b % 1000003n;`,
  );
  let product = 1n;
  for (let x = 1; x <= 30_000; x++) product = product * BigInt(x % 3 + 1) % 1000003n;
  await check(cluster, ["product.js", "--range", "1..30000"], `${product}\n`);
  // Two accumulators that are together longer than a chunk of lines may be.
  await cluster.write(
    "long.js",
    `export const map = (x) => "x".repeat(10 * 2 ** 20 + x);
     export const initial = "";
     export const reduce = (a, b) => b.length > a.length ? b : a;`,
  );
  await check(cluster, ["long.js", "--range", "1..2"], `"${"x".repeat(10 * 2 ** 20 + 2)}"\n`);
  // As long as a value may be.
  await cluster.write(
    "longest_value.js",
    `export const map = () => "x".repeat(16 * 2 ** 20 - 2);
     export const initial = "";
     export const reduce = (a, b) => b;`,
  );
  const longest = `"${"x".repeat(16 * 2 ** 20 - 2)}"\n`;
  await check(cluster, ["longest_value.js", "--range", "1..2"], longest);
}

async function reducesNothing(cluster: MapCluster): Promise<void> {
  await cluster.write("same.js", "export const map = (item) => item;");
  await cluster.write("mean.js", MEAN);
  const cases = [["sum", "0"], ["count", "0"], ["concat", "[]"]] as const;
  for (const [reduce, expected] of cases) {
    await check(cluster, ["same.js", "--input", "-", "--reduce", reduce], `${expected}\n`, " \n");
  }
  await check(cluster, ["mean.js", "--input", "-"], '{"count":0,"sum":0,"text":""}\n');
  await check(cluster, ["same.js", "--input", "-"], "");
  for (const reduce of ["min", "max"]) {
    const outcome = await cluster.map(["same.js", "--input", "-", "--reduce", reduce], {
      stdin: "",
    });
    const stderr = `client: there is no ${reduce} of nothing\n`;
    assertEquals(outcome, { code: 1, stdout: "", stderr });
  }
}

async function passesLong(cluster: MapCluster): Promise<void> {
  await cluster.write(
    "long.js",
    "export const map = (x) => typeof x === 'number' ? 'x'.repeat(x) : x.length;",
  );
  const stdin = `5000000\n1\n"${"ñ".repeat(2_000_000)}"\n2\n`;
  const expected = `"${"x".repeat(5_000_000)}"\n"x"\n2000000\n"xx"\n`;
  const { code, stdout, stderr } = await cluster.map(["long.js", "--input", "-"], { stdin });
  assertEquals([code, stdout === expected, stderr], [0, true, ""]);
}
