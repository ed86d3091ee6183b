import { assert } from "@std/assert";
import { type FakeSlot, Lab, open, type Peer } from "./lab.ts";

/** What was said, in short: the operation and what matters of it. */
export function brief(peer: Peer): string[] {
  return peer.take().map((message) => {
    const { op, job, chunk, position, count, cause, why, slots, text } = message;
    const parts = [op, job, chunk, position, count, cause, why, slots];
    const shown = parts.filter((part) => part !== undefined).join(" ");
    return text === "" ? shown : `${shown}: ${text.trim().replaceAll("\n", ",")}`;
  });
}

/** The slot says that it runs what it was given last, and all of its values: the positions. */
export function finish(slot: FakeSlot, ms = 1): void {
  const given = slot.heard.findLast(({ op }) => op === "chunk");
  assert(given !== undefined, "it has a chunk");
  slot.take();
  const { chunk, position, count } = given as unknown as Record<string, number>;
  slot.say({ op: "started", job: 1, chunk });
  result(slot, chunk!, position!, count!);
  slot.say({ op: "done", job: 1, chunk, ms });
}

/** A slot says the values of some positions: the positions. */
export function result(slot: FakeSlot, chunk: number, position: number, count: number): void {
  const values = Array.from({ length: count }, (_, index) => `${position + index}\n`).join("");
  slot.say({ op: "result", job: 1, chunk, position, count }, values);
}

/** A runner of so many slots, with a job on a channel. */
export function started(slots = 1): { lab: Lab; channel: Peer } {
  const lab = new Lab(slots);
  const channel = lab.channel();
  open(channel, 5);
  return { lab, channel };
}
