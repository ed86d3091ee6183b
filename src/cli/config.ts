/**
 * The config file of `--config`: JSON with comments, whose keys are the flags in their own spelling. One
 * file may serve a whole cluster: a key at the top is for every role that has such a flag, and an object
 * named after a role (`"client": { ... }`) is for that role alone and goes before the keys at the top.
 *
 * @module
 */

import { UsageError } from "./exit_status.ts";
import { findFlag, type FlagTable, type Kind } from "./flags.ts";
import { ROLE_NAMES, type RoleName, ROLES } from "./roles.ts";
import { didYouMean, quote } from "./texts.ts";

/** What config files are read with: most runs need none, and their parser takes long to load. */
export interface ConfigReader {
  /** Gives the text of a file; throws if it cannot be read. */
  readonly readText: (path: string) => string;
  /** Gives the value of JSON with comments; throws if it is none. */
  readonly parse: (text: string) => unknown;
}

/** An object of the file. */
type ConfigObject = Readonly<Record<string, unknown>>;

/**
 * Reads the config file for one role and gives, by flag, the text that would mean the same on its command
 * line. The names of keys are checked for all roles; values only for this one.
 *
 * @throws {UsageError} if the file cannot be read, is not JSON, or has an unknown key or a wrong value.
 */
export function readConfig(
  path: string,
  roleName: RoleName,
  reader: ConfigReader,
): ReadonlyMap<string, string> {
  try {
    const root = parseObject(readText(path, reader), reader);
    checkKeys(root);
    const texts = new Map<string, string>();
    addTexts(texts, ownKeys(root, roleName), roleName, "");
    addTexts(texts, section(root, roleName), roleName, `${roleName}.`);
    return texts;
  } catch (error) {
    if (!(error instanceof ConfigProblem)) throw error;
    const message = `Cannot read config ${quote(path)}: ${error.message}`;
    throw new UsageError(message, "config", { cause: error.cause });
  }
}

/** What is wrong with a file, before it is known which file. */
class ConfigProblem extends Error {}

function readText(path: string, reader: ConfigReader): string {
  try {
    return reader.readText(path);
  } catch (error) {
    throw new ConfigProblem(describeFileError(error), { cause: error });
  }
}

/** The classes of the runtime's file errors differ between systems and versions; their names do not. */
function describeFileError(error: unknown): string {
  if (!(error instanceof Error)) return "the file cannot be read";
  switch (error.name) {
    case "NotFound":
      return "no such file";
    case "PermissionDenied":
    case "NotCapable":
      return "permission denied";
    case "IsADirectory":
      return "it is a folder";
    default:
      return firstLine(error.message);
  }
}

function parseObject(text: string, { parse }: ConfigReader): ConfigObject {
  let root: unknown;
  try {
    // Editors on Windows put a byte order mark in front, which is no JSON.
    root = parse(text.replace(/^\uFEFF/, ""));
  } catch (error) {
    const reason = error instanceof Error ? firstLine(error.message) : String(error);
    // The parser says itself what could not be done, which our own message does already.
    const detail = reason.replace(/^Cannot parse JSONC: /, "");
    throw new ConfigProblem(`it is not valid JSON: ${detail}`, { cause: error });
  }
  if (!isObject(root)) throw new ConfigProblem("it must hold one object, { ... }");
  return root;
}

function checkKeys(root: ConfigObject): void {
  const allFlags = new Set(ROLE_NAMES.flatMap((name) => configKeys(ROLES[name].flags)));
  for (const [key, value] of Object.entries(root)) {
    const roleName = ROLE_NAMES.find((name) => name === key);
    if (roleName === undefined) {
      if (!allFlags.has(key)) throw unknownKey(key, "", [...allFlags, ...ROLE_NAMES]);
      continue;
    }
    if (!isObject(value)) throw new ConfigProblem(`key "${key}" must be an object of flags`);
    const sectionKeys = configKeys(ROLES[roleName].flags);
    for (const inner of Object.keys(value)) {
      if (!sectionKeys.includes(inner)) throw unknownKey(inner, `${roleName}.`, sectionKeys);
    }
  }
}

function unknownKey(key: string, prefix: string, candidates: readonly string[]): ConfigProblem {
  return new ConfigProblem(`unknown key ${quote(prefix + key)}${didYouMean(key, candidates)}`);
}

function configKeys(table: FlagTable): string[] {
  return Object.entries(table).filter(([, flag]) => flag.inConfig !== false).map(([name]) => name);
}

/** The keys at the top that this role has; the others are for other roles. */
function ownKeys(root: ConfigObject, roleName: RoleName): ConfigObject {
  const entries = Object.entries(root);
  return Object.fromEntries(entries.filter(([key]) => findFlag(ROLES[roleName].flags, key)));
}

function section(root: ConfigObject, roleName: RoleName): ConfigObject {
  const value = Object.hasOwn(root, roleName) ? root[roleName] : undefined;
  return isObject(value) ? value : {};
}

/** Adds the text of every key; later ones replace earlier ones. */
function addTexts(
  texts: Map<string, string>,
  object: ConfigObject,
  roleName: RoleName,
  prefix: string,
): void {
  for (const [key, value] of Object.entries(object)) {
    const kind = findFlag(ROLES[roleName].flags, key)?.kind;
    if (kind === undefined) throw new Error(`Invariant: "${key}" was checked to be a flag`);
    // `false` takes back a switch, or a flag that may stand without a value.
    const mayBeOff = kind.arity === "none" || kind.arity === "optional";
    if (mayBeOff && value === false) texts.delete(key);
    else texts.set(key, toText(kind, value, `key "${prefix}${key}"`));
  }
}

/** The text that means the same as the value; only one that its kind can read. */
function toText(kind: Kind<unknown>, value: unknown, name: string): string {
  const text = kind.configToText(value);
  if (text === undefined) {
    throw new ConfigProblem(`${name} must be ${kind.expectedInConfig}, not ${describe(value)}`);
  }
  if (text === "" && kind.arity !== "many") throw new ConfigProblem(`${name} is empty`);
  const conversion = kind.readText(text);
  if ("problem" in conversion) {
    const { part = text, problem } = conversion;
    throw new ConfigProblem(`${name}: ${quote(part)} ${problem}`);
  }
  return text;
}

/** A value of a wrong type, as a message shows it. */
function describe(value: unknown): string {
  if (Array.isArray(value)) return "an array";
  if (isObject(value)) return "an object";
  return typeof value === "string" ? quote(value) : String(value);
}

function isObject(value: unknown): value is ConfigObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function firstLine(text: string): string {
  return text.split(/[\r\n]/, 1)[0] ?? "";
}
