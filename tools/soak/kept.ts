import { fromFileUrl } from "../../tests/support/paths.ts";
import type { Process } from "../../tests/support/process.ts";
import { DIST } from "../../tests/support/roles.ts";
import { pause, until } from "../../tests/support/waiting.ts";
import { CAN_BE_ASKED, KEPT } from "./kept_lines.ts";

/** Executables take no flags of the engine. */
const isAskable = DIST === undefined;
const COLLECT = fromFileUrl(new URL("collect.ts", import.meta.url));

/** What a process has when all its garbage has been collected, in bytes. */
export interface Kept {
  /** Resident memory. */
  readonly rss: number;
  /** What lives in the heap of the engine. */
  readonly heapUsed: number;
}

/** Starts a role so that it can be asked what it keeps; beside that it is as users start it. */
export const ASKABLE: { readonly shellLine?: string } = isAskable
  ? { shellLine: `shift; exec "$0" run --v8-flags=--expose-gc --preload '${COLLECT}' "$@"` }
  : {};

/** How often a process is asked, and how long after each other: what is in flight just then is not kept. */
const TIMES = 3;
const INTERVAL_MS = 200;

/**
 * Asks a process to collect its garbage, several times, and gives the least that it kept; `undefined` if it ends
 * first, or cannot be asked.
 */
export async function askKept(process: Process): Promise<Kept | undefined> {
  let least: Kept | undefined;
  for (let time = 0; time < TIMES; time++) {
    if (time > 0) await pause(INTERVAL_MS);
    const kept = await askOnce(process);
    if (kept === undefined) return undefined;
    least = {
      rss: Math.min(kept.rss, least?.rss ?? Infinity),
      heapUsed: Math.min(kept.heapUsed, least?.heapUsed ?? Infinity),
    };
  }
  return least;
}

async function askOnce(process: Process): Promise<Kept | undefined> {
  if (!isAskable) return undefined;
  let hasEnded = false;
  process.status.then(() => hasEnded = true);
  await until(
    `process ${process.pid} to be askable`,
    () => hasEnded || process.stderr.text.includes(CAN_BE_ASKED),
  );
  const asked = answers(process).length;
  process.kill("SIGUSR2");
  const what = `what process ${process.pid} keeps`;
  await until(what, () => hasEnded || answers(process).length > asked);
  return answers(process)[asked];
}

function answers(process: Process): Kept[] {
  const lines = process.stderr.text.split("\n").slice(0, -1);
  return lines.filter((line) => line.startsWith(KEPT)).map((line) =>
    JSON.parse(line.slice(KEPT.length))
  );
}
