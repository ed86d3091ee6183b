/**
 * What the client is to do: exactly one of an operation, a batch and a subcommand, with the flags that
 * belong to it and no others.
 *
 * @module
 */

import { UsageError } from "./exit_status.ts";
import { isFile } from "./kinds.ts";
import { type MapAction, readMap } from "./map_action.ts";
import type { FlagReading } from "./read_flags.ts";
import {
  BATCH_FLAGS,
  type CLIENT_FLAGS,
  CLIENT_SUBCOMMANDS,
  OPERATION_FLAGS,
  type SubcommandName,
} from "./tables.ts";
import { listWords } from "./texts.ts";
import type { ArithmeticOp } from "../protocol/messages.ts";

/** The one thing that a client is asked to do. */
export type ClientAction =
  | {
    readonly kind: "operation";
    readonly op: ArithmeticOp;
    readonly a: number;
    readonly b: number;
  }
  | { readonly kind: "sum_squares"; readonly n: bigint }
  | BatchAction
  | MapAction
  | {
    readonly kind: "subcommand";
    readonly name: Exclude<SubcommandName, "map">;
    /** What followed the subcommand's name, as many as its table entry says. */
    readonly operands: readonly string[];
  };

/** Requests from a file or stdin, replies to a file or stdout. */
export interface BatchAction {
  readonly kind: "batch";
  /** The file to read; without it, stdin. */
  readonly inputPath?: string;
  /** The file to write; without it, stdout. */
  readonly outputPath?: string;
  /** Requests in flight at once. */
  readonly window: number;
}

/** The client's flags as they were read. */
export type ClientReading = FlagReading<typeof CLIENT_FLAGS>;

/** How messages name an action, and the flags that belong to it. */
interface ActionFlags {
  readonly name: string;
  readonly flags: readonly string[];
}

const SUBCOMMAND_NAMES = Object.keys(CLIENT_SUBCOMMANDS);

/** The flags of any action: those that one of them may refuse. */
const ALL_ACTIONS: readonly ActionFlags[] = [
  ...Object.entries(OPERATION_FLAGS).map(([op, flags]) => ({ name: `--op ${op}`, flags })),
  { name: "--batch", flags: BATCH_FLAGS },
  ...Object.entries(CLIENT_SUBCOMMANDS).map(([name, { flags }]) => ({ name, flags })),
];

/**
 * The action that the flags and words ask for. What the command line chooses goes before what the config
 * file chooses, and only flags of the command line can be out of place: those of the file are defaults
 * for whichever action they belong to.
 *
 * @throws {UsageError} if there is no action or more than one, an operand is missing, or a flag does not
 * belong to the action.
 */
export function chooseAction(reading: ClientReading): ClientAction {
  const { words } = reading;
  switch (chooseKind(reading)) {
    case "subcommand": {
      const [name, ...operands] = words;
      if (!isSubcommand(name)) throw new Error(`Invariant: "${name}" was checked by the rewriter`);
      refuseStrangers(reading, { name, flags: CLIENT_SUBCOMMANDS[name].flags });
      if (name === "map") return readMap(reading, operands[0]!);
      return { kind: "subcommand", name, operands };
    }
    case "batch":
      return readBatch(reading);
    case "operation":
      return readOperation(reading);
  }
}

function chooseKind(reading: ClientReading): "operation" | "batch" | "subcommand" {
  const { values, typed, words } = reading;
  const isTyped = typed.has("op") || typed.has("batch") || words.length > 0;
  const counts = (name: "op" | "batch") => typed.has(name) || !isTyped;
  const chosen = [
    { kind: "operation" as const, name: "--op", is: values.op !== undefined && counts("op") },
    { kind: "batch" as const, name: "--batch", is: values.batch && counts("batch") },
    { kind: "subcommand" as const, name: words[0] ?? "", is: words.length > 0 },
  ].filter((candidate) => candidate.is);
  const [only, another] = chosen;
  if (only === undefined) {
    throw new UsageError(
      `say what to do: --op NAME, --batch or a subcommand (${SUBCOMMAND_NAMES.join(", ")})`,
    );
  }
  if (another !== undefined) {
    const names = listWords(chosen.map((candidate) => candidate.name), "and");
    throw new UsageError(`${names} exclude each other`, another.name.replace(/^--/, ""));
  }
  return only.kind;
}

function readOperation(reading: ClientReading): ClientAction {
  const { op, a, b, n } = reading.values;
  if (op === undefined) throw new Error("Invariant: an operation was chosen by its name");
  refuseStrangers(reading, { name: `--op ${op}`, flags: OPERATION_FLAGS[op] });
  if (op === "sum_squares") {
    if (n === undefined) throw missing(op, ["n"], "n");
    return { kind: "sum_squares", n };
  }
  if (a === undefined) throw missing(op, ["a", "b"], "a");
  if (b === undefined) throw missing(op, ["a", "b"], "b");
  return { kind: "operation", op, a, b };
}

function missing(op: string, operands: readonly string[], absent: string): UsageError {
  const all = listWords(operands.map((name) => `--${name}`), "and");
  const detail = operands.length > 1 ? `: --${absent} is missing` : "";
  return new UsageError(`--op ${op} needs ${all}${detail}`, absent);
}

/** Refuses flags of the command line that belong to other actions. */
function refuseStrangers(reading: ClientReading, action: ActionFlags): void {
  for (const name of reading.typed) {
    const owners = ALL_ACTIONS.filter(({ flags }) => flags.includes(name)).map((one) => one.name);
    if (owners.length === 0 || action.flags.includes(name)) continue;
    const where = listWords(owners, "or");
    throw new UsageError(`--${name} does not belong to ${action.name}, but to ${where}`, name);
  }
}

function readBatch(reading: ClientReading): BatchAction {
  const { input, output, window } = reading.values;
  refuseStrangers(reading, { name: "--batch", flags: BATCH_FLAGS });
  return {
    kind: "batch",
    ...(isFile(input, "/dev/stdin") ? { inputPath: input } : {}),
    ...(isFile(output, "/dev/stdout") ? { outputPath: output } : {}),
    window,
  };
}

function isSubcommand(name: string | undefined): name is SubcommandName {
  return name !== undefined && Object.hasOwn(CLIENT_SUBCOMMANDS, name);
}
