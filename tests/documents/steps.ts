/**
 * The notation of the READMEs' `sh` blocks. A line that begins with `#` and stands under a command is
 * what that command prints. `# Terminal 4` at the top of a block names the terminal in which its
 * commands go on running; `# Terminal 4: Ctrl-C` is what is typed there.
 *
 * @module
 */
import type { Block } from "./markdown.ts";

/** One command of a block, and what it prints. */
export interface Step {
  /** The terminal that it goes on running in; `undefined` for a command that ends. */
  readonly terminal: number | undefined;
  /** What is typed; the key Ctrl-C, or a command. */
  readonly command: string;
  /** The lines that are printed. */
  readonly expected: readonly string[];
  /** The line of the document. */
  readonly line: number;
}

/** The key that ends what runs in a terminal. */
export const CTRL_C = "Ctrl-C";

const TERMINAL = /^# Terminal (\d+)(: Ctrl-C)?$/;

/** The steps of a block, in order. */
export function stepsOf(block: Block): Step[] {
  const steps: Step[] = [];
  let terminal: number | undefined;
  let typed = "";
  block.lines.forEach((text, index) => {
    const line = block.line + index;
    const [heading, number, key] = TERMINAL.exec(text) ?? [];
    if (heading !== undefined) {
      terminal = Number(number);
      if (key !== undefined) steps.push({ terminal, command: CTRL_C, expected: [], line });
    } else if (text.startsWith("#")) {
      const step = steps.at(-1);
      if (step === undefined) throw new Error(`Line ${line}: no command prints this`);
      steps[steps.length - 1] = { ...step, expected: [...step.expected, text.replace(/^# ?/, "")] };
    } else if (text.endsWith("\\")) {
      typed += text.slice(0, -1);
    } else if (text !== "") {
      steps.push({ terminal, command: typed + text, expected: [], line });
      typed = "";
    }
  });
  return steps;
}
