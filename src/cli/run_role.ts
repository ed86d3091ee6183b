import { ListenError } from "../net/listener.ts";
import { VERSION } from "../version.ts";
import type { Command } from "./commands.ts";
import type { ConfigReader } from "./config.ts";
import { EXIT_STATUS, UsageError } from "./exit_status.ts";
import { misuseText } from "./help.ts";
import type { RoleName } from "./roles.ts";
import { writeStderr, writeStdout } from "./stdio.ts";

/** How a role reads its arguments, and what it does with them. */
export interface RoleProgram<Options> {
  readonly name: RoleName;
  /** Reads the arguments, and what they name with the given reader. */
  readonly read: (args: readonly string[], configReader: ConfigReader) => Command<Options>;
  /** Runs to the end and gives the exit status. */
  readonly run: (options: Options) => Promise<number>;
}

/** How Deno words what the operating system refuses. */
const FROM_THE_SYSTEM = /\(os error \d+\)/;

/** Runs a role's program from its arguments to the end of the process: every failure is one clear line. */
export async function runRole<Options>(program: RoleProgram<Options>): Promise<never> {
  Deno.exit(await statusOf(program));
}

async function statusOf<Options>(program: RoleProgram<Options>): Promise<number> {
  const { name } = program;
  try {
    const command = program.read(Deno.args, await configReader(Deno.args));
    if (command.kind === "run") return await program.run(command.options);
    await writeStdout(command.kind === "help" ? command.text : `${name} ${VERSION}\n`);
    return EXIT_STATUS.ok;
  } catch (error) {
    if (error instanceof UsageError) {
      writeStderr(misuseText(name, error));
      return error.exitStatus;
    }
    if (error instanceof ListenError) {
      writeStderr(`${name}: ${error.message}\n`);
      return EXIT_STATUS.unreachable;
    }
    // `| head -n 1` has what it wanted.
    if (error instanceof Deno.errors.BrokenPipe) return EXIT_STATUS.ok;
    if (error instanceof Error && FROM_THE_SYSTEM.test(error.message)) {
      writeStderr(`${name}: ${error.message}\n`);
      return EXIT_STATUS.system;
    }
    throw error;
  }
}

/** What reads config files; its parser is loaded only where an argument may name one. */
async function configReader(args: readonly string[]): Promise<ConfigReader> {
  const readText = Deno.readTextFileSync;
  if (!args.some((argument) => argument.startsWith("--config"))) return { readText, parse: noFile };
  const { parse } = await import("@std/jsonc");
  return { readText, parse };
}

function noFile(): never {
  throw new Error("Invariant: there is no config file without --config");
}
