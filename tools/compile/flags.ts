import { parseArgs } from "@std/cli/parse-args";

/** What is to be made. */
export interface Flags {
  /** Whether for all systems, and not for this machine alone. */
  readonly all: boolean;
  /** Whether only with the runtime that Deno downloads. */
  readonly official: boolean;
  /** The folder that executables go to, as it was typed; `undefined` for the usual one. */
  readonly output: string | undefined;
}

/** What --help prints. */
export const HELP = `Usage: deno task compile [flags]

Makes the executables of worker, calc_server and client, for this machine.

Flags:
  --all           For all systems, each in a folder of its own
  --official      Only with the runtime that Deno downloads, as for a release
  --output DIR    Where they go (default: dist)
  -h, --help      Show this help
`;

/**
 * Reads the command line; `undefined` if help is wanted.
 *
 * @throws {TypeError} If it makes no sense.
 */
export function readFlags(args: readonly string[]): Flags | undefined {
  const unknown: string[] = [];
  const { help, all, official, output } = parseArgs(args.filter((one) => one !== "--"), {
    boolean: ["all", "official", "help"],
    string: ["output"],
    alias: { h: "help" },
    unknown: (argument) => unknown.push(argument),
  });
  if (help) return undefined;
  if (unknown.length > 0) throw new TypeError(`Unknown argument "${unknown[0]}"`);
  // An empty name would be the root of the disk.
  if (output === "") throw new TypeError("--output must name a folder");
  return { all, official, output };
}
