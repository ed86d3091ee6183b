/**
 * Purpose: what goes wrong in `client map` is said by name: the item, the module's own lines, the flag, the file.
 *
 * @module
 */
import { assert, assertEquals, assertMatch } from "@std/assert";
import { startServer, startWorker } from "../support/cluster.ts";
import { linesOf, MapCluster } from "../support/map_cluster.ts";
import { freePort } from "../support/ports.ts";
import { runRole } from "../support/roles.ts";

const THROWS = `// A module with an item that it does not like.
export function map(x) {
  return check(x);
}

function check(x) {
  if (x % 4711 === 0) throw new RangeError(\`not \${x}\`);
  return x;
}
`;

Deno.test("client map", async (t) => {
  await using cluster = await MapCluster.launch();
  await cluster.write("throws.js", THROWS);
  const step = (name: string, test: (cluster: MapCluster) => Promise<void>) =>
    t.step(name, () => test(cluster));

  await step("ends at the first item that throws, and says where in the module", endsAtFirst);
  await step("goes on with --keep-going, and lists what failed", goesOn);
  await step("writes failures to stderr where no file is named", writesToStderr);
  await step("reduces what has a value, and ends with 1", reducesTheRest);
  await step("says why an item has no value", saysWhy);
  await step("passes on what the function prints, with machine and position", passesPrints);
  await step("refuses a module that it cannot use", refusesModules);
  await step("says why a module does not load or set up", saysWhyNotLoaded);
  await step("says what helps", saysWhatHelps);
  await step("refuses a module in which something else is no function", refusesWhatIsNoFunction);
  await step("says what failed where accumulators are merged", saysWhatMergingFailed);
  await step("ends where reduce or combine cannot merge accumulators", triesMergingOut);
  await step("refuses files that it cannot use, and harms none", refusesFiles);
});

async function endsAtFirst(cluster: MapCluster): Promise<void> {
  const { code, stdout, stderr } = await cluster.map(["throws.js", "--range", "1..1000000"]);
  assertEquals(code, 1);
  assertEquals(linesOf(stdout), Array.from({ length: 4710 }, (_, index) => String(index + 1)));
  assertMatch(
    stderr,
    /^client: item 4711 failed: RangeError: not 4711\n {2}item: 4711\n {2}worker: [\d.:]+\n {2}at check \(throws\.js:7:29\)\n {2}at (?:Module\.)?map \(throws\.js:3:10\)\n$/,
  );
}

async function goesOn(cluster: MapCluster): Promise<void> {
  await cluster.write("errors.jsonl", "what was there before\n");
  const args = ["throws.js", "--range", "1..50000", "--keep-going", "--errors", "errors.jsonl"];
  const { code, stdout, stderr } = await cluster.map(args);
  assertEquals([code, stderr], [1, "client: 10 of 50000 items failed: see errors.jsonl\n"]);
  const expected = Array.from({ length: 50_000 }, (_, index) => index + 1)
    .filter((x) => x % 4711 !== 0);
  assertEquals(linesOf(stdout), expected.map(String));
  const failures = linesOf(await cluster.read("errors.jsonl")).map((line) => JSON.parse(line));
  assertEquals(
    failures.map(({ position }) => position),
    [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((i) => 4711 * i),
  );
  const [{ worker, ...first }] = failures;
  const names = cluster.workers.map(({ name }) => name);
  assert(names.includes(worker), worker);
  const error = "RangeError: not 4711";
  assertEquals(first, { position: 4711, item: 4711, cause: "error", error });
}

async function writesToStderr(cluster: MapCluster): Promise<void> {
  const stdin = '4711\n1\n{\n"text"\n12345678901234567890\n[4711]\na,b\n';
  const outcome = await cluster.map(["throws.js", "--input", "-", "--keep-going"], { stdin });
  assertEquals([outcome.code, outcome.stdout], [1, '1\n"text"\n']);
  const lines = linesOf(outcome.stderr);
  const hints = lines.filter((line) => !line.startsWith("{"));
  assertEquals([hints.length, hints[0]?.includes("jq -R .")], [2, true]);
  assertEquals(lines.at(-1), "client: 5 of 7 items failed");
  const failures = lines.filter((line) => line.startsWith("{"))
    .map((line) => line.replace(/"worker":.*/, ""));
  assertEquals(failures.map((line) => line.replace(/"error":.*/, "")), [
    '{"position":1,"item":4711,"cause":"error",',
    '{"position":3,"item":"{","cause":"input",',
    // It cannot mix with numbers; its digits are all there.
    '{"position":5,"item":12345678901234567890,"cause":"error",',
    '{"position":6,"item":[4711],"cause":"error",',
    '{"position":7,"item":"a,b","cause":"input",',
  ]);
}

async function reducesTheRest(cluster: MapCluster): Promise<void> {
  const args = ["throws.js", "--range", "4710..4712", "--reduce", "sum", "--keep-going"];
  const { code, stdout, stderr } = await cluster.map(args);
  assertEquals([code, stdout], [1, "9422\n"]);
  assertMatch(stderr, /^\{"position":2,"item":4711,[^\n]*\}\nclient: 1 of 3 items failed\n$/);
}

async function saysWhy(cluster: MapCluster): Promise<void> {
  await cluster.write(
    "why.js",
    `export function map(item) {
       switch (item) {
         case "function": return () => 1;
         case "nan": return NaN;
         case "undefined": return undefined;
         case "cycle": { const a = []; a.push(a); return a; }
         case "hang": for (;;);
         case "throw": throw { toString() { throw 1; } };
       }
     }`,
  );
  const items = ["function", "nan", "undefined", "cycle", "hang", "throw"];
  const stdin = items.map((item) => `"${item}"\n`).join("");
  const args = ["why.js", "--input", "-", "--keep-going", "--item-timeout", "300ms"];
  const { code, stdout, stderr } = await cluster.map(args, { stdin });
  assertEquals([code, stdout], [1, ""]);
  const causes = failuresIn(stderr).map(({ item, cause }) => `${item}: ${cause}`);
  assertEquals(causes, [
    "function: value",
    "nan: value",
    "undefined: value",
    "cycle: value",
    "hang: time",
    "throw: error",
  ]);
}

/** The failures that stderr lists, before it says how many there were. */
function failuresIn(stderr: string): { item: unknown; cause: string }[] {
  return linesOf(stderr).slice(0, -1).map((line) => JSON.parse(line));
}

async function passesPrints(cluster: MapCluster): Promise<void> {
  await cluster.write(
    "prints.js",
    `console.log("loaded");
     export const map = (x) => { if (x === 5) console.log("five\\n\\u001b[31mred", { x }); return x; };`,
  );
  const { code, stdout, stderr } = await cluster.map(["prints.js", "--range", "1..9"]);
  assertEquals([code, stdout], [0, "1\n2\n3\n4\n5\n6\n7\n8\n9\n"]);
  const lines = linesOf(stderr);
  assertMatch(lines.find((line) => line.endsWith("loaded")) ?? "", /^\[[\d.]+:\d+\] loaded$/);
  const five = lines.findIndex((line) => /^\[[\d.]+:\d+ · 5\] five$/.test(line));
  assert(five >= 0, stderr);
  // What would steer a terminal does not.
  assertMatch(lines[five + 1]!, /^\[[\d.]+:\d+ · 5\] \ufffd\[31mred /);
}

async function refusesModules(cluster: MapCluster): Promise<void> {
  const cases: readonly (readonly [string, string, RegExp])[] = [
    [
      "a.ts",
      'import { b } from "./b.ts";\nexport const map = b;',
      /it imports "\.\/b\.ts" at a\.ts:1:1.*bundle/,
    ],
    [
      "a.ts",
      "export const map = (x: number) => x;\nexport enum A { B }",
      /cannot read a\.ts:2:8: /,
    ],
    // Not seen before a slot has refused it, where the runtime takes types away.
    [
      "a.ts",
      "export const map = (x: number) => x;\nconst a: number;",
      /cannot read a\.ts:2:7: 'const' declarations must be initialized; correct it there/,
    ],
    ["a.js", "module.exports = { map: (x) => x };", /a\.js: it is CommonJS.*export function map/],
    ["a.js", "exports.map = (x) => x;", /a\.js: it is CommonJS.*export function map/],
    ["a.py", "def map(x):\n  return x\n", /a "\.py" file is no JavaScript module/],
    [
      "a.js",
      'import fs from "node:fs";\nexport const map = () => fs;',
      /it imports "node:fs" at a\.js:1:1, and a function has neither files nor network/,
    ],
    ["a.js", "export default (x) => x;", /cannot use a\.js: it does not export "map"/],
    ["a.js", "export const map = (x) => x;\nexport const reduce = map;", /not "initial"/],
  ];
  for (const [name, text, message] of cases) {
    await cluster.write(name, text);
    const { code, stdout, stderr } = await cluster.map([name, "--range", "1..3"]);
    assertEquals([code, stdout], [2, ""], stderr);
    assertMatch(stderr, message);
    assertEquals(linesOf(stderr).length, 2, stderr);
  }
  const latin = Uint8Array.from(`export const map = () => "se\u00f1or";\n`, (c) => c.charCodeAt(0));
  await Deno.writeFile(`${cluster.folder.path}/latin.js`, latin);
  const altered = await cluster.map(["latin.js", "--range", "1..3"]);
  assertEquals(altered.code, 2);
  assertMatch(altered.stderr, /^client: cannot use latin\.js: it is not UTF-8\n/);
  const folder = await cluster.map([".", "--range", "1..3"]);
  assertEquals(folder.code, 2);
  assertMatch(folder.stderr, /^client: cannot read the module "\.": it is a folder\n/);
  const none = await cluster.map(["none.ts", "--range", "1..3"]);
  assertEquals(none.code, 2);
  assertMatch(none.stderr, /^client: cannot read the module "none\.ts": no such file/);
}

async function saysWhyNotLoaded(cluster: MapCluster): Promise<void> {
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      "export const map = (x) => x;\nthrow new Error('no luck');",
      /^client: bad\.js cannot be loaded: Error: no luck/,
    ],
    [
      "export const map = (x) => x;\nconst a = 1; const a = 2;",
      /^client: bad\.js cannot be loaded: SyntaxError: .*a.* has already been declared/,
    ],
    [
      "export const map = (x) => x;\nexport function setup() { throw new Error('later'); }",
      /^client: setup of bad\.js failed: Error: later/,
    ],
  ];
  for (const [text, message] of cases) {
    await cluster.write("bad.js", text);
    const { code, stdout, stderr } = await cluster.map(["bad.js", "--range", "1..3"]);
    assertEquals([code, stdout], [1, ""], stderr);
    assertMatch(stderr, message);
    assert(stderr.startsWith("client: "), stderr);
  }
  await cluster.write("typed.js", "export const map = (x: number) => x;");
  const typed = await cluster.map(["typed.js", "--range", "1..3"]);
  assertEquals(typed.code, 2);
  assertMatch(typed.stderr, /^client: cannot read typed\.js: it is TypeScript: name it \.ts$/m);
  for (
    const [line, place] of [
      ["@d class P {}", "2:1"],
      ["class P { accessor x = 1 }", "2:20"],
      // Some runtimes say where it begins, others where it is not understood.
      ["const s = 1 < 5 ? <const>'lo' : 'hi';", "2:(?:19|20)"],
    ]
  ) {
    await cluster.write("new.ts", `export const map = (x: number) => x;\n${line}\n`);
    const { code, stderr } = await cluster.map(["new.ts", "--range", "1..3"]);
    assertEquals(code, 2);
    assertMatch(stderr, new RegExp(`^client: cannot read new\\.ts:${place}: `));
    assertMatch(
      stderr,
      /expected[^|]*; if that is TypeScript or a decorator .* npx esbuild new\.ts /,
    );
  }
  await cluster.write("wrong.js", "export const map = (x) => {\n  return x +;\n};");
  const wrong = await cluster.map(["wrong.js", "--range", "1..3"]);
  assertEquals(wrong.code, 2);
  assertMatch(wrong.stderr, /^client: cannot read wrong\.js:2:13: .*; correct it there$/m);
}

async function saysWhatMergingFailed(cluster: MapCluster): Promise<void> {
  const head = "export const map = (x) => x;\nexport const initial = 0;\n";
  const cases: readonly (readonly [string, RegExp])[] = [
    [
      "export const reduce = (a, v) => a + v;\n" +
      "export function combine() { throw new Error('never'); }",
      /^client: combine\(0, \d+\) failed: Error: never\n {2}at combine \(merged\.js:4:35\)\n/,
    ],
    [
      "export const reduce = (a, v) => ({ sum: (a.sum ?? 0) + v.toFixed().length });",
      /^client: reduce\(0, [^)]+\) failed: TypeError: v\.toFixed is not a function\n {2}at /,
    ],
    [
      "export const reduce = (a, v) => a + v;\nexport const combine = async (a, b) => a + b;",
      /^client: combine must not be async\n/,
    ],
  ];
  for (const [text, message] of cases) {
    await cluster.write("merged.js", head + text);
    const { code, stdout, stderr } = await cluster.map(["merged.js", "--range", "1..300"]);
    assertEquals([code, stdout], [1, ""], stderr);
    assertMatch(stderr, message);
  }
}

async function saysWhatHelps(cluster: MapCluster): Promise<void> {
  await cluster.write("fetch.js", "export const map = (x) => fetch(x);");
  await cluster.write(
    "own.js",
    'export const map = () => { throw new Error("my ReferenceError: fetch is not defined"); };',
  );
  const hint = /^client: a function has the language, and neither files, network,/m;
  for (const more of [[], ["--keep-going"]]) {
    assertMatch((await cluster.map(["fetch.js", "--range", "1..3", ...more])).stderr, hint);
    assert(!hint.test((await cluster.map(["own.js", "--range", "1..3", ...more])).stderr));
  }
}

async function refusesWhatIsNoFunction(cluster: MapCluster): Promise<void> {
  const cases: readonly (readonly [string, string])[] = [
    [
      "export const map = 5;",
      "it exports no function map: add export function map(item, context) { ... }",
    ],
    ["export const map = (x) => x;\nexport const setup = 5;", "its setup is no function"],
    [
      "export const map = (x) => x, initial = 0, reduce = 5;",
      "it exports no function reduce",
    ],
    [
      "export const map = (x) => x, initial = undefined, reduce = map;",
      "its initial is undefined",
    ],
  ];
  for (const [text, problem] of cases) {
    await cluster.write("five.js", text);
    const { code, stdout, stderr } = await cluster.map(["five.js", "--range", "1..3"]);
    assertEquals([code, stdout], [2, ""], stderr);
    assertEquals(linesOf(stderr)[0], `client: cannot use five.js: ${problem}`);
    assertEquals(linesOf(stderr).length, 2, stderr);
  }
  // Of no items it is found out only where their value is made.
  const [text, problem] = cases.at(-1)!;
  await cluster.write("five.js", text);
  const { code, stderr } = await cluster.map(["five.js", "--input", "/dev/null"]);
  assertEquals([code, linesOf(stderr)[0]], [2, `client: cannot use five.js: ${problem}`]);
}

async function triesMergingOut(cluster: MapCluster): Promise<void> {
  const cases: readonly (readonly [string, string | RegExp])[] = [
    [
      "initial = 0, reduce = (a) => a + 1",
      /^client: reduce\(0, \d+\) gives 1, not the .*combine\(a, b\)/,
    ],
    [
      "initial = 0, reduce = (a, v) => a + v * v",
      /^client: reduce\(0, \d+\) gives \d+, not the acc/,
    ],
    ["initial = 5, reduce = (a, v) => a + v", /^client: reduce\(5, \d+\) gives \d+, not the acc/],
    [
      "initial = '', reduce = (a, v) => a + ',' + v",
      /^client: reduce\("", "[,0-9]+…?"?\) gives ",,/,
    ],
    [
      "initial = [], reduce = (a, v) => (a.push(v), a)",
      /^client: reduce\(\[\], \[[,0-9]+…?\]?\) gives/,
    ],
    [
      "initial = 5, reduce = (a, v) => a + v, combine = (a, b) => a + b",
      /^client: combine\(5, \d+\) gives \d+, not .*: let initial be what changes no other/,
    ],
    [
      "initial = new Array(40000).fill(0), reduce = (a, v) => { for (const x of [v].flat()) a[x]++; return a; }",
      /^client: reduce\(\[0,0[0,]+…, \[0[0,1]+…\) gives \[\d+,/,
    ],
    [
      "initial = null, reduce = (a, v) => a === null ? v : (a + v) / 2",
      /^client: reduce\([^)]+\) of two accumulators gives .*, and their .*: export combine\(a, b\)/,
    ],
    ["initial = [], reduce = (all, x) => all.concat(x)", JSON.stringify(upTo(300))],
    ["initial = 0, reduce = (a, v) => a > v ? a : v", "300"],
    ["initial = 0, reduce = (a, v) => BigInt(a) + BigInt(v)", "45150"],
    [
      "initial = { n: 0, k: 1 }, reduce = (a, v) => ({ k: 1, n: a.n + (v.n ?? v) })",
      '{"k":1,"n":45150}',
    ],
  ];
  const mean = "export const map = (x) => x, initial = { n: 0, mean: 0 }, " +
    "reduce = ({ n, mean }, v) => ({ n: n + 1, mean: mean + (v - mean) / (n + 1) }), " +
    "combine = (a, b) => ({ n: a.n + b.n, mean: (a.n * a.mean + b.n * b.mean) / (a.n + b.n) });";
  await cluster.write("mean.js", mean);
  const nothing = await cluster.map(["mean.js", "--input", "/dev/null"]);
  assertEquals([nothing.code, nothing.stdout], [0, '{"n":0,"mean":0}\n'], nothing.stderr);
  for (const [exported, expected] of cases) {
    await cluster.write("own.js", `export const map = (x) => x, ${exported};`);
    const { code, stdout, stderr } = await cluster.map(["own.js", "--range", "1..300"]);
    if (typeof expected === "string") {
      assertEquals([code, stdout, stderr], [0, `${expected}\n`, ""]);
    } else {
      assertEquals([code, stdout], [1, ""], exported);
      assertMatch(stderr, expected);
    }
  }
}

function upTo(last: number): number[] {
  return Array.from({ length: last }, (_, index) => index + 1);
}

async function refusesFiles(cluster: MapCluster): Promise<void> {
  await cluster.write("in.jsonl", "1\n2\n");
  await Deno.link(`${cluster.folder.path}/in.jsonl`, `${cluster.folder.path}/link.jsonl`);
  await cluster.write("c.jsonc", "{}");
  const cases: readonly (readonly [flags: string, problem: RegExp, stdin?: string])[] = [
    ["--input none.jsonl", /cannot read --input "none\.jsonl": no such file/],
    ["--input .", /cannot read --input "\.": /],
    ["--input in.jsonl --output none/out", /cannot write --output "none\/out": no such file/],
    ["--input in.jsonl --output in.jsonl", /--input and --output are the same file/],
    ["--input in.jsonl --output throws.js", /the module and --output are the same file/],
    ["--input in.jsonl --keep-going --errors in.jsonl", /--input and --errors are the same file/],
    ["--input in.jsonl --resume in.jsonl", /--input and --resume are the same file/],
    ["--range 1..3 --output new --resume ./new", /--output and --resume are the same file/],
    ["--input in.jsonl --output link.jsonl", /--input and --output are the same file/],
    ["--input - --output in.jsonl", /--input and --output are the same file: "in\.jsonl"/],
    ["--range 1..3 --config c.jsonc --output c.jsonc", /--config and --output are the same file/],
    ["--input - --output -", /cannot read stdin: it is a folder/, "."],
    ["--range 1..3 --resume -", /--resume needs a file/],
    ["--range 1..3 --resume /dev/null", /--resume "\/dev\/null": it is no file that keeps/],
    [
      "--range 1..3 --resume in.jsonl",
      /cannot use --resume "in\.jsonl": it is not the log of a job/,
    ],
    ["--range 1..3 --output .", /cannot write --output "\.": it is a folder\n/],
    ["--range 1..3 --resume .", /cannot use --resume "\.": it is a folder\n/],
    ["--range 1..3 --resume none/log", /cannot use --resume "none\/log": no such file/],
    ["--range 3..1", /--range "3\.\.1" is empty/],
    ["--range 1..3 --args {", /--args "\{" is not JSON/],
    ["--range 1..3 --reduce mean", /--reduce "mean" is not known/],
  ];
  for (const [flags, problem, stdin = "in.jsonl"] of cases) {
    const options = { shellLine: `exec "$0" "$@" < ${stdin}` };
    const { code, stdout, stderr } = await cluster.map(["throws.js", ...flags.split(" ")], options);
    assertEquals([code, stdout], [2, ""], stderr);
    assertMatch(stderr, problem);
    assertEquals(linesOf(stderr).length, 2, stderr);
  }
  assertEquals([await cluster.read("in.jsonl"), await cluster.read("throws.js")], [
    "1\n2\n",
    THROWS,
  ]);
}

/** Each item leaves 4 MiB behind, and one wants more than there is. */
const LEAKS = `const kept = [];
export function map(x) {
  kept.push(new Float64Array(2 ** 19).fill(x));
  while (x === 40) kept.push(new Float64Array(2 ** 19).fill(x));
  return x;
}
`;

Deno.test("client map holds memory that has piled up against no item", async () => {
  await using worker = await startWorker({
    args: ["--allow-code", "--slots", "1", "--slot-memory-mb", "192"],
  });
  await using server = await startServer({ workers: [worker] });
  await using cluster = await MapCluster.launch(0);
  await cluster.write("leaks.js", LEAKS);
  const port = String(server.address.port);
  const words = ["map", "leaks.js", "--range", "1..100", "--keep-going", "--port", port];
  for (const reduce of [[], ["--reduce", "concat"]]) {
    const outcome = await runRole("client", [...words, ...reduce], { cwd: cluster.folder.path });
    const { code, stdout, stderr } = outcome;
    const causes = failuresIn(stderr).map(({ item, cause }) => `${item} ${cause}`);
    assertEquals([code, causes], [1, ["40 memory"]]);
    const values = Array.from({ length: 100 }, (_, index) => index + 1).filter((x) => x !== 40);
    assertEquals(stdout, reduce.length > 0 ? `[${values}]\n` : values.join("\n") + "\n");
  }
});

Deno.test("client map ends with 3 if no server can be reached", async () => {
  await using cluster = await MapCluster.launch(0);
  await cluster.write("same.js", "export const map = (x) => x;");
  const port = String(freePort());
  const words = ["map", "same.js", "--range", "1..3", "--port", port];
  await cluster.write("o.txt", "kept\n");
  await cluster.write("e.jsonl", "kept too\n");
  const named = ["--output", "o.txt", "--keep-going", "--errors", "e.jsonl"];
  const outcome = await runRole("client", [...words, ...named], { cwd: cluster.folder.path });
  const stderr = `client: cannot reach 127.0.0.1:${port}: connection refused\n`;
  assertEquals(outcome, { code: 3, stdout: "", stderr });
  // A job that has not begun replaces nothing.
  assertEquals(await cluster.read("o.txt"), "kept\n");
  assertEquals(await cluster.read("e.jsonl"), "kept too\n");
});

Deno.test("client map says that a server beyond loopback takes no code", {
  ignore: Deno.build.os !== "linux",
}, async () => {
  await using server = await startServer({ workers: [], args: ["--host", "0.0.0.0"] });
  await using cluster = await MapCluster.launch(0);
  await cluster.write("same.js", "export const map = (x) => x;");
  const { port } = server.address;
  const words = ["map", "same.js", "--range", "1..3", "--port", String(port)];
  const outcome = await runRole("client", words, { cwd: cluster.folder.path });
  const stderr = "client: el servidor no acepta código desde la red sin --insecure\n";
  assertEquals(outcome, { code: 1, stdout: "", stderr });
});

Deno.test({
  name: "client map says which of its files cannot be written",
  ignore: Deno.build.os !== "linux",
  fn: async () => {
    await using cluster = await MapCluster.launch(1);
    await cluster.write("same.js", "export const map = (x) => x;");
    await cluster.write("none.js", "export const map = () => { throw 1; };");
    const onFull = 'exec "$0" "$@" > /dev/full';
    // Of files that may not grow beyond 200 blocks, the system says nearly the same.
    const inLittle = 'ulimit -f 200; trap "" XFSZ; exec "$0" "$@" > /dev/null';
    const cases: readonly (readonly [string, string, string])[] = [
      ["same.js --range 1..9", "stdout", onFull],
      ["same.js --range 1..200000 --output o.txt", '--output "o.txt"', inLittle],
      ["none.js --range 1..9999 --keep-going --errors e.jsonl", '--errors "e.jsonl"', inLittle],
      ["same.js --range 1..200000 --resume log", '--resume "log"', inLittle],
    ];
    for (const [words, file, shellLine] of cases) {
      const { code, stderr } = await cluster.map(words.split(" "), { shellLine });
      assertEquals(code, 4, stderr);
      assertMatch(
        stderr,
        new RegExp(`^client: cannot write ${file}: [^\n]+ \\(os error 2[78]\\)\n$`),
      );
    }
  },
});
