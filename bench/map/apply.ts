/**
 * A job in one process, without us: what efficiency is measured against, and what GNU Parallel runs.
 *
 * ```sh
 * deno run -A bench/map/apply.ts KIND STEPS POISON COUNT FILE  # the numbers from 1 to COUNT
 * deno run -A bench/map/apply.ts KIND STEPS POISON             # those of stdin, a line each; of a sum FIRST LAST
 * deno run -A bench/map/apply.ts calibrate                     # prints the steps that take a millisecond
 * ```
 *
 * With a FILE for the results, or - for stdout, it says `ready` on stdout when it begins.
 *
 * @module
 */
import { TextLineStream } from "@std/streams/text-line-stream";
import { print } from "../print.ts";
import { map as steps, mapRange } from "./functions/steps.ts";
import { map as trivial } from "./functions/trivial.ts";

const PIECE_LINES = 4096;
const WARM_UP_MS = 200;
/** The fastest of so many short stretches counts: others run beside us in some. */
const CALIBRATIONS = 20;
const CALIBRATION_MS = 20;

const [kind, ...rest] = Deno.args;
const [stepsAnItem = 0, poison = 0, count] = rest.slice(0, 3).map(Number);
const path = rest[3];
// What kills the process there takes all memory; here it is quicker.
const context = { args: { steps: stepsAnItem, poison: 0 } };
const apply = kind === "steps" ? (item: number) => steps(item, context) : trivial;

if (kind === "calibrate") calibrate();
else if (count === undefined || path === undefined) await applyToInput();
else applyToRange(count, path);

function applyToRange(last: number, path: string): void {
  print("ready\n");
  const write = path === "-"
    ? print
    : (text: string) => Deno.writeTextFileSync(path, text, { append: true });
  if (path !== "-") Deno.writeTextFileSync(path, "");
  if (kind === "sum") return write(`${mapRange(1, last, context)}\n`);
  for (let from = 1; from <= last; from += PIECE_LINES) {
    let text = "";
    for (let item = from; item < from + PIECE_LINES && item <= last; item++) {
      text += apply(item) + "\n";
    }
    write(text);
  }
}

async function applyToInput(): Promise<void> {
  const lines = Deno.stdin.readable
    .pipeThrough(new TextDecoderStream())
    .pipeThrough(new TextLineStream());
  let text = "";
  for await (const line of lines) {
    if (kind === "sum") {
      const [first, last] = line.split(" ").map(Number);
      text += mapRange(first!, last!, context) + "\n";
      continue;
    }
    const item: number = JSON.parse(line);
    if (item === poison) Deno.kill(Deno.pid, "SIGKILL");
    text += apply(item) + "\n";
  }
  print(text);
}

function calibrate(): void {
  const perMs = (ms: number) => {
    const startedMs = performance.now();
    let done = 0;
    while (performance.now() - startedMs < ms) {
      // Its result is used, so that no compiler leaves the work out.
      done += steps(done + 1, { args: { steps: 10_000, poison: 0 } }) < 0 ? 0 : 10_000;
    }
    return done / (performance.now() - startedMs);
  };
  perMs(WARM_UP_MS);
  const all = Array.from({ length: CALIBRATIONS }, () => perMs(CALIBRATION_MS));
  print(`${Math.round(Math.max(...all))}\n`);
}
