import { giveBackLines, linesText } from "../../src/protocol/line_writer.ts";
import type { Effect } from "../../src/protocol/machine.ts";

/**
 * Effects with lines as texts, which tests can compare. The lines' storage goes back, as the network gives it back,
 * but full of rubbish: whoever still holds on to it is found out.
 */
export function textEffects(effects: readonly Effect[]): Effect[] {
  return effects.map((effect) => {
    if (effect.kind !== "write_lines") return effect;
    const { connection, lines } = effect;
    const text = linesText(lines);
    lines.storage.fill(0xff);
    giveBackLines(lines);
    return { kind: "write", connection, text };
  });
}
