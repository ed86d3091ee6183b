import { assert, assertEquals } from "@std/assert";
import { HANG_MS } from "../support/waiting.ts";
import type { Attempt } from "./attempts.ts";
import type { BareSlots } from "./layers.ts";
import { type ChunkOutcome, Slot } from "./slot.ts";

/** A thread that has ended says so no more than one that hangs. */
const END_MS = 1000;

/** Those of the attempts that succeed in such slots. All that may share a slot do, and leave it as good as new. */
export async function successesAmong(
  all: readonly Attempt[],
  slots: BareSlots,
): Promise<Attempt[]> {
  const succeeded = new Set<Attempt>();
  for (const group of groupsOf(all, slots)) {
    await using slot = await Slot.start(undefined, (spawner) => slots.start(spawner));
    const mayEnd = group[0]!.ends && slots.lacks("prelude");
    await slot.open(moduleOf(group), { itemTimeoutMs: mayEnd ? END_MS : HANG_MS });
    let last: ChunkOutcome | undefined;
    for (const [index, attempt] of group.entries()) {
      last = await run(slot, index + 1);
      const { lines, end } = last;
      const hasEnded = end.op === "ended" || (end.op === "verdict" && end.cause === "time");
      if (attempt.ends ? hasEnded : lines[0] === "true") succeeded.add(attempt);
      else {
        // A module that many share and that was refused would deny all of them.
        const isRefused = end.op === "job_failed" && group.length === 1;
        assert(end.op === "done" || isRefused, `${attempt.name}: ${end.op}`);
      }
    }
    if (last?.end.op !== "done") continue;
    const { lines } = await run(slot, group.length + 1);
    assertEquals(lines, ['"as good as new"'], "the slot goes on");
  }
  for (const { ended } of slots.heard) await ended;
  const heard = slots.heard.map(({ text }) => text).join();
  return all.filter((attempt) => {
    return succeeded.has(attempt) && heard.includes(attempt.isHeard ?? "");
  });
}

/** What may spoil a module for others, or end its slot, is alone. */
function groupsOf(all: readonly Attempt[], slots: BareSlots): Attempt[][] {
  const isAlone = ({ kind, before, ends }: Attempt) => {
    if (before !== undefined || (ends && slots.lacks("prelude"))) return true;
    // A word that imports is a syntax error for all who share the module.
    return kind === "imports" && !slots.lacks("no words that import");
  };
  const alone = all.filter(isAlone).map((attempt) => [attempt]);
  return [all.filter((attempt) => !isAlone(attempt)), ...alone].filter(({ length }) => length > 0);
}

/** Makes one attempt. One before which the slot was slow is given back, and made anew. */
async function run(slot: Slot, item: number): Promise<ChunkOutcome> {
  while (true) {
    const outcome = await slot.range(item, 1, { position: item });
    if (outcome.end.op !== "returned") return outcome;
  }
}

/** The function makes the attempt of the item's number; one item more is harmless. */
function moduleOf(group: readonly Attempt[]): string {
  const before = group.map(({ before }) => before ?? "").join("\n");
  const bodies = group.map(({ body }) => `async () => {\n${body}\n}`);
  return `${before}
    const attempts = [${bodies.join(",\n")}, () => "as good as new"];
    export const map = (item) => attempts[item - 1]();`;
}
