/**
 * Purpose: a function gets at nothing of the machine that it runs on. Each attempt is seen to be denied in a
 * real slot, which goes on working; to succeed in one that lacks all layers of protection; and to be stopped by
 * those of them, each by itself, that are said to stop it.
 *
 * @module
 */
import { assertEquals } from "@std/assert";
import { fromFileUrl, PROJECT } from "../support/paths.ts";
import { Process } from "../support/process.ts";
import { DIST } from "../support/roles.ts";
import { type Attempt, attempts, VARIABLE } from "./attempts.ts";
import { Bait } from "./bait.ts";
import { BareSlots, type Layer, LAYERS } from "./layers.ts";
import { successesAmong } from "./outcomes.ts";

const UNGUARDED = fromFileUrl(new URL("unguarded.ts", import.meta.url));
const ALL = attempts({ folder: "file:///", path: "/", port: 1, sources: "file:///" });
/** Those that neither the platform itself stops, nor what our own code does anyway. */
const STOPPED = ALL.filter(({ stoppedBy }) => stoppedBy.length > 0);
const SEAL: Layer = "no words that import";
// No line can be taken out of an executable.
const ignore = DIST !== undefined;

Deno.env.set(VARIABLE, "secret");

Deno.test("a function is denied all that it may be after", async () => {
  assertEquals(await successesOf(ALL, []), []);
});

Deno.test("without any layer, what they stop succeeds", { ignore }, async () => {
  const tried = STOPPED.filter(({ ends }) => !ends);
  assertEquals(await successesOf(tried, LAYERS), namesOf(tried));
});

for (const layer of LAYERS) {
  const stops = ({ stoppedBy }: Attempt) => stoppedBy.includes(layer);

  Deno.test(`by itself, this layer stops what it is said to: ${layer}`, { ignore }, async () => {
    // Each slot that is ended costs another.
    const tried = STOPPED.filter((one) => !one.ends || stops(one));
    const others = LAYERS.filter((one) => one !== layer);
    const expected = tried.filter((one) => !stops(one));
    assertEquals(await successesOf(tried, others), namesOf(expected));
  });

  const title = `without this layer, what no other stops succeeds: ${layer}`;
  Deno.test(title, { ignore }, async () => {
    // Each module that is refused costs a slot; that these are, whatever else there is, the test above shows.
    const isRefused = ({ kind }: Attempt) => kind === "imports" && layer !== SEAL;
    const tried = STOPPED.filter((one) => !isRefused(one));
    const expected = tried.filter((one) => stops(one) && one.stoppedBy.length === 1);
    assertEquals(await successesOf(tried, [layer]), namesOf(expected));
  });
}

for (const { name, body } of ALL.filter(({ ends }) => ends)) {
  const title = `in the process of whoever calls the function, this ends that: ${name}`;
  Deno.test(title, { ignore }, async () => {
    await using process = new Process({
      command: Deno.execPath(),
      args: ["run", "--allow-all", "--no-config", "--no-lock", UNGUARDED],
      cwd: fromFileUrl(PROJECT),
      env: { NO_COLOR: "1" },
      clearEnv: false,
      stdin: `export async function map() {\n${body}\n}`,
    });
    const { stdout } = await process.outcome();
    assertEquals(stdout, "");
  });
}

Deno.test("SECURITY.md says how many attempts each layer stops", { ignore }, async () => {
  const text = await Deno.readTextFile(new URL("SECURITY.md", PROJECT));
  const rows = text.split("\n").filter((line) => line.startsWith("|"))
    .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));
  const start = rows.findIndex(([first]) => first === "stopped by");
  const kinds = [...new Set(STOPPED.map(({ kind }) => kind))];
  const count = (fits: (one: Attempt) => boolean) => String(STOPPED.filter(fits).length);
  const columns = kinds.map((kind) => `${kind} (${count((one) => one.kind === kind)})`);
  const expected = LAYERS.map((layer) => [
    layer,
    ...kinds.map((kind) => count((one) => one.kind === kind && one.stoppedBy.includes(layer))),
    count(({ stoppedBy }) => stoppedBy.join() === layer),
  ]);
  assertEquals(rows[start], ["stopped by", ...columns, "by it alone"]);
  assertEquals(rows.slice(start + 2, start + 2 + LAYERS.length), expected);
});

function namesOf(all: readonly Attempt[]): string[] {
  return all.map(({ name }) => name);
}

/** Which of these attempts succeed in slots that lack some layers, in their order. */
async function successesOf(
  tried: readonly Attempt[],
  without: readonly Layer[],
): Promise<string[]> {
  await using bait = await Bait.set();
  await using slots = await BareSlots.without(without, bait.env);
  const names = new Set(namesOf(tried));
  const real = attempts({ ...bait.targets, sources: slots.sources })
    .filter(({ name }) => names.has(name));
  const successes = namesOf(await successesAmong(real, slots));
  if (successes.length > 0) return successes;
  assertEquals(bait.requests, 0);
  assertEquals(bait.names(), ["secret.js", "secret.json", "secret.txt"]);
  return [];
}
