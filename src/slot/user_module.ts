/**
 * The user's module: loaded from its text, and what it exports looked at.
 *
 * @module
 */

import { markedText } from "../jobs/marked_json.ts";
import { isArray, prototypeOf } from "../jobs/primordials.ts";
import { ValueError } from "../jobs/values.ts";
import { sealImports } from "./import_seal.ts";
import { messageOf, MODULE_ADDRESS, stackOf } from "./trouble.ts";
import type { SandboxJob, Trouble } from "./shared.ts";

/** What the functions are given beside the item. */
export interface ItemContext {
  /** The item's place in the whole input, counted from 1. */
  readonly position: number;
  /** `--args`. */
  readonly args: unknown;
  /** The next number in [0, 1) of a position, or of the item's: the same for the same seed and position. */
  readonly random: (position?: number) => number;
  /** Says that the item's value is not wanted any more. */
  readonly signal: AbortSignal;
}

/** The functions that a job calls; what it does not call is not looked at. */
export interface UserModule {
  readonly map: (item: unknown, context: ItemContext) => unknown;
  readonly mapRange: (first: unknown, last: unknown, context: ItemContext) => unknown;
  readonly reduce: (accumulator: unknown, value: unknown) => unknown;
  readonly combine: (one: unknown, other: unknown) => unknown;
  /** Marked JSON of the accumulator of nothing. */
  readonly initial: string;
}

/** Thrown where a job cannot be run. */
export class BrokenJobError extends Error {
  /** The error's class name. */
  override name = "BrokenJobError";
  readonly #isOurs = true;

  /** Whether a value is one: `instanceof` would ask what a function can replace. */
  static is(value: unknown): value is BrokenJobError {
    return typeof value === "object" && value !== null && #isOurs in value;
  }
  /** What it says on the wire. */
  readonly trouble: Trouble;

  /** With the code of an error of the catalogue in the cause's place. */
  constructor(trouble: Trouble) {
    super(trouble.error);
    this.trouble = trouble;
  }
}

const PLAIN = Object.prototype;
/** Bytes that are made into base64 at once: a multiple of three. */
const BASE64_PIECE = 24 * 1024;

/**
 * Loads a module, and runs its `setup`.
 *
 * @throws {BrokenJobError} If it cannot be loaded, lacks what the job calls, or its `setup` throws.
 */
export async function loadModule(
  code: Uint8Array,
  job: SandboxJob,
  context: ItemContext,
): Promise<UserModule> {
  let exported: Record<string, unknown>;
  try {
    code = sealImports(code);
    exported = await import(addressOf(code));
  } catch (error) {
    throw broken("bad_code", error, job.name);
  }
  const module = checked(exported, job);
  const { setup } = exported;
  if (setup !== undefined) {
    if (typeof setup !== "function") throw lacking("its setup is no function");
    try {
      await setup(context);
    } catch (error) {
      throw broken("setup_failed", error, job.name);
    }
  }
  return module;
}

function checked(exported: Record<string, unknown>, job: SandboxJob): UserModule {
  const { map, mapRange, reduce, combine, initial } = exported;
  const called = job.call === "map" ? map : mapRange;
  if (typeof called !== "function") throw lacking(`it exports no function ${job.call}`);
  const isOwn = job.reduce === "own";
  if (isOwn && typeof reduce !== "function") throw lacking("it exports no function reduce");
  if (isOwn && combine !== undefined && typeof combine !== "function") {
    throw lacking("its combine is no function");
  }
  const module = {
    // Whoever waits for it asks it for a `then`, which `Object.prototype` may have by now.
    __proto__: null,
    map: called as UserModule["map"],
    mapRange: called as UserModule["mapRange"],
    reduce: reduce as UserModule["reduce"],
    combine: (combine ?? reduce) as UserModule["combine"],
    initial: isOwn ? initialText(initial) : "null",
  };
  return module;
}

function initialText(initial: unknown): string {
  if (initial === undefined) throw lacking("its initial is undefined");
  let text: string;
  try {
    text = markedText(initial);
  } catch (error) {
    if (!ValueError.is(error)) throw error;
    throw lacking(`its initial cannot be used: ${error.message}`);
  }
  if (typeof initial !== "object" || initial === null || isArray(initial)) return text;
  const prototype = prototypeOf(initial);
  if (prototype === PLAIN || prototype === null) return text;
  throw lacking(
    "its initial is an instance of a class, and would come back from another machine as a plain object",
  );
}

function lacking(error: string): BrokenJobError {
  return new BrokenJobError({ cause: "bad_exports", error, stack: "", item: "" });
}

function broken(cause: string, thrown: unknown, name: string): BrokenJobError {
  return new BrokenJobError({
    cause,
    error: messageOf(thrown, name),
    stack: stackOf(thrown, name),
    item: "",
  });
}

/** A module's text as an address that it can be imported from. */
function addressOf(code: Uint8Array): string {
  let address = MODULE_ADDRESS;
  for (let start = 0; start < code.length; start += BASE64_PIECE) {
    address += btoa(String.fromCharCode(...code.subarray(start, start + BASE64_PIECE)));
  }
  return address;
}
