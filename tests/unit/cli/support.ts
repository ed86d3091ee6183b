import { assert, assertThrows } from "@std/assert";
import { parse } from "@std/jsonc";
import type { ConfigReader } from "../../../src/cli/config.ts";
import { UsageError } from "../../../src/cli/exit_status.ts";
import type { Kind } from "../../../src/cli/flags.ts";

/** The UsageError that a call throws; fails if it throws anything else, or a text of several lines. */
export function usageError(call: () => unknown): UsageError {
  const error = assertThrows(call, UsageError);
  assert(!error.message.includes("\n"), `one line: ${error.message}`);
  return error;
}

/** A value read from text, or the problem as a text. */
export function read<Value>(kind: Kind<Value>, text: string): Value | string {
  const conversion = kind.readText(text);
  return "value" in conversion ? conversion.value : conversion.problem;
}

/** A file system of one file. */
export function oneFile(text: string): ConfigReader {
  return { readText: () => text, parse };
}

/** No file at all: for command lines that must not read one. */
export const noFile: ConfigReader = {
  readText: (path) => {
    throw new Error(`Nothing may be read here, but "${path}" was`);
  },
  parse,
};
