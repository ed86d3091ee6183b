/**
 * Purpose: the examples of `client map` give, on a room of several machines, what the same functions give when they
 * are called one after the other.
 *
 * @module
 */
import { assert, assertEquals, assertThrows } from "@std/assert";
import * as pi from "../../examples/pi.ts";
import * as primes from "../../examples/primes.ts";
import * as wordCount from "../../examples/word_count.ts";
import { ItemRandom } from "../../src/jobs/random.ts";
import { type Server, startServer, startWorker } from "../support/cluster.ts";
import { fromFileUrl, PROJECT } from "../support/paths.ts";

/** A room that runs code: two workers, one of which has two slots. */
async function startRoom(): Promise<Server> {
  await using stack = new AsyncDisposableStack();
  const start = (slots: string) => startWorker({ args: ["--allow-code", "--slots", slots] });
  const workers = [stack.use(await start("1")), stack.use(await start("2"))];
  const server = stack.use(await startServer({ workers }));
  const all = stack.move();
  return Object.assign(server, { [Symbol.asyncDispose]: () => all.disposeAsync() });
}

/** What `client map` prints for an example. */
async function mapExample(server: Server, name: string, args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await server.client(["map", pathOf(name), ...args]);
  assertEquals([code, stderr], [0, ""]);
  return stdout;
}

function pathOf(name: string): string {
  return fromFileUrl(new URL(`examples/${name}`, PROJECT));
}

Deno.test("examples/primes.ts counts the primes of a range, number by number and at once", async () => {
  await using server = await startRoom();
  const counted = await mapExample(server, "primes.ts", [
    ...["--range", "1..10000000", "--reduce", "sum"],
  ]);
  assertEquals(counted, "664579\n");
  assertEquals(primes.mapRange(1, 10_000_000), 664_579);
  const values = await mapExample(server, "primes.ts", ["--range", "1..20000"]);
  const expected = Array.from({ length: 20_000 }, (_, index) => primes.map(index + 1));
  assertEquals(values, expected.map((value) => `${value}\n`).join(""));
});

Deno.test("examples/primes.ts refuses what is too large for it in words of its own", () => {
  const large = 2n ** 53n as unknown as number;
  for (const call of [() => primes.map(large), () => primes.mapRange(7, large)]) {
    assertThrows(call, RangeError, "primes.ts takes integers up to 2^53 - 1, not 9007199254740992");
  }
});

Deno.test("examples/primes.ts gives the same by map and by mapRange, wherever a range begins", () => {
  for (const [first, last] of [[0, 1], [2, 2], [90, 97], [999_950, 2_000_100]] as const) {
    let sum = 0;
    for (let n = first; n <= last; n++) sum += primes.map(n);
    assertEquals(primes.mapRange(first, last), sum, `${first}..${last}`);
  }
});

Deno.test("examples/pi.ts throws the same darts on any machines, and others with another seed", async () => {
  await using server = await startRoom();
  const items = 40;
  const args = ["--range", `1..${items}`, "--reduce", "sum"];
  const [darts, others] = [
    await mapExample(server, "pi.ts", args),
    await mapExample(server, "pi.ts", [...args, "--seed", "7"]),
  ];
  assertEquals([darts, others], [0, 7].map((seed) => `${sequentialPi(items, seed)}\n`));
  assert(darts !== others);
  for (const sum of [darts, others]) {
    assert(Math.abs(Number(sum) / (items * 100_000) - Math.PI) < 0.01, sum);
  }
});

function sequentialPi(items: number, seed: number): number {
  const source = new ItemRandom(seed);
  const context = { random: () => source.next() };
  let sum = 0;
  for (let position = 1; position <= items; position++) {
    source.begin(position);
    sum += pi.map(position, context);
  }
  return sum;
}

Deno.test("examples/word_count.ts counts the words of its text", async () => {
  await using server = await startRoom();
  const args = ["--input", pathOf("quixote.jsonl")];
  const counted = JSON.parse(await mapExample(server, "word_count.ts", args));
  const text = await Deno.readTextFile(pathOf("quixote.jsonl"));
  const lines: string[] = text.trimEnd().split("\n").map((line) => JSON.parse(line));
  const counts = lines.map(wordCount.map).reduce(wordCount.reduce, {});
  assertEquals(counted, counts);
  assertEquals([counts["de"], counts["rocín"], counts["y"]], [19, 2, 7]);
});

Deno.test("examples/word_count.ts needs its combine, and takes words for words", () => {
  const { combine, map, reduce } = wordCount;
  const [one, other] = ["Constructor y valueOf", "¿y constructor?"].map((line) =>
    reduce({}, map(line))
  );
  assertEquals(combine(one!, other!), { constructor: 2, y: 2, valueof: 1 });
});
