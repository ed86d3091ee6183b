import { MAX_CODE_BYTES } from "../../limits.ts";
import type { ModuleUse, ModuleWish } from "../../jobs/module.ts";
import { ADD_MAP, useOf } from "../../jobs/module.ts";
import { ModuleError } from "../errors.ts";
import type { MapJob } from "./job.ts";
import { restoreSemicolons } from "./removed_semicolons.ts";

/** A module as its user wrote it. */
export interface ModuleSource {
  /** What messages call it: its path as it was given. */
  readonly name: string;
  /** Its text. */
  readonly text: string;
  /** Whether it may contain types. */
  readonly isTypeScript: boolean;
}

/** A module as it goes to the workers. */
export interface PreparedModule extends ModuleUse {
  /** What messages and stacks call it. */
  readonly name: string;
  /** JavaScript, with every line and column where it was in the source. */
  readonly code: Uint8Array<ArrayBuffer>;
  /** SHA-256 of the code, in hexadecimal digits. */
  readonly sha256: string;
}

/** Endings of files in other languages that people try. */
const FOREIGN = /\.(py|rb|r|jl|lua|php|java|go|rs|c|cpp|sh)$/i;

/** What a runtime says of code that it does not understand, with its place; some show the line as well. */
const UNEXPECTED = /SyntaxError: (.*?\b(?:un)?expected\b.*?)(?: {2,}\|.*)? at \S+:(\d+:\d+)$/i;

const COMMON_JS = /\bmodule\.exports\b|^\s*exports\.\w+\s*=/m;

const WRITE_MAP = "write export function map(item, context) { ... } in JavaScript or TypeScript";

/**
 * Makes a module ready: strips its types, and sees that it imports nothing and exports what is wanted.
 *
 * @throws {ModuleError} If it cannot be used.
 */
export async function prepareModule(
  source: ModuleSource,
  wish: ModuleWish,
): Promise<PreparedModule> {
  const { name } = source;
  const language = FOREIGN.exec(name)?.[1];
  if (language !== undefined) {
    throw new ModuleError(
      `cannot use ${name}: a ".${language}" file is no JavaScript module: ${WRITE_MAP}`,
    );
  }
  const text = source.isTypeScript
    ? restoreSemicolons(
      source.text,
      await stripAtOnce(source.text) ?? await stripOrExplain(source),
    )
    : source.text;
  const exports = await readExports(name, text);
  if (exports.length === 0 && COMMON_JS.test(text)) {
    throw new ModuleError(
      `cannot use ${name}: it is CommonJS, and a module says what it exports: ${WRITE_MAP}`,
    );
  }
  const use = useOf(exports, wish);
  if ("problem" in use) {
    // What looks like an export may be none for a mistake in it.
    if (!source.isTypeScript) await stripOrExplain(source);
    throw new ModuleError(`cannot use ${name}: ${use.problem}`);
  }
  const code = new TextEncoder().encode(text);
  if (code.length > MAX_CODE_BYTES) {
    throw new ModuleError(`cannot use ${name}: it is longer than ${MAX_CODE_BYTES} bytes`);
  }
  return { ...use, name, code, sha256: await sha256(code) };
}

/** Whether a module of this name may contain types. */
export function isTypeScript(name: string): boolean {
  return /\.[cm]?ts$/i.test(name);
}

/**
 * The text of a module's file. Its texts would be altered in silence if it were another encoding.
 *
 * @throws {ModuleError} If it is not UTF-8.
 */
export function decodeModule(name: string, bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (error) {
    throw new ModuleError(`cannot use ${name}: it is not UTF-8`, { cause: error });
  }
}

/** SHA-256 in hexadecimal digits. */
export async function sha256(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** What the stripper throws: not an `Error`. */
interface StripProblem {
  readonly message: string;
  readonly startLine?: number;
  /** Counted from 0. */
  readonly startColumn?: number;
}

/** What Deno 2.4 has not, and Node's types not always. */
interface OwnStripper {
  readonly stripTypeScriptTypes?: (text: string) => string;
}

/**
 * Takes types away with what the runtime has for it, which leaves the same text as the package and needs no tenth
 * of a second to load; `undefined` where there is none, or it refuses, as it does not say well why.
 */
async function stripAtOnce(text: string): Promise<string | undefined> {
  const { stripTypeScriptTypes }: OwnStripper = await import("node:module");
  try {
    return stripTypeScriptTypes?.(text);
  } catch {
    return undefined;
  }
}

/** Why a job failed. */
export interface Refusal {
  /** A name of the catalogue. */
  readonly code: string | undefined;
  /** What the slot says. */
  readonly text: string;
}

/**
 * Says what is wrong with code that a slot refuses, as if it had been looked at before it was sent: JavaScript
 * is not, and what takes types away at once does not see all mistakes.
 *
 * @throws {ModuleError} If it is found here.
 */
export async function explainCode(
  { name, code }: Pick<MapJob, "name" | "code">,
  { code: why, text }: Refusal,
): Promise<void> {
  if (why === "bad_exports") {
    const advice = text.endsWith(" map") ? `: ${ADD_MAP}` : "";
    throw new ModuleError(`cannot use ${name}: ${text}${advice}`);
  }
  if (why !== "bad_code" || !text.includes("SyntaxError")) return;
  const script = new TextDecoder().decode(code);
  // What types were taken away of has none any more, so this is a file that is called JavaScript.
  if (await stripOrExplain({ name, text: script }) !== script) {
    throw new ModuleError(`cannot read ${name}: it is TypeScript: name it .ts`);
  }
  const [, what, place] = UNEXPECTED.exec(text) ?? [];
  if (!isTypeScript(name) || what === undefined) return;
  throw new ModuleError(
    `cannot read ${name}:${place}: ${what}; if that is TypeScript or a decorator or accessor field, ` +
      `compile the file first, for example with npx esbuild ${name} --bundle --format=esm ` +
      "--target=es2022 --outfile=compiled.js",
  );
}

async function stripOrExplain(
  { name, text }: Pick<ModuleSource, "name" | "text">,
): Promise<string> {
  const { transformSync } = await import("npm:amaro@1.2.1");
  try {
    return transformSync(text, { mode: "strip-only", module: true, filename: name }).code;
  } catch (thrown) {
    const { message, startLine, startColumn = 0 } = thrown as StripProblem;
    const where = startLine === undefined ? name : `${name}:${startLine}:${startColumn + 1}`;
    const advice = /strip-only/.test(message)
      ? "only types can be taken away: write it in JavaScript, or compile the file first"
      : "correct it there";
    throw new ModuleError(`cannot read ${where}: ${message}; ${advice}`, { cause: thrown });
  }
}

/** The names that a module exports; it must not import anything. */
async function readExports(name: string, text: string): Promise<string[]> {
  const { init, parse } = await import("npm:es-module-lexer@2.3.2");
  await init;
  let parsed: ReturnType<typeof parse>;
  try {
    parsed = parse(text, name);
  } catch (error) {
    // It says no more than where it was lost; what strips types knows what is missing.
    await stripOrExplain({ name, text });
    const at = placeOf(text, (error as { idx?: number }).idx ?? 0);
    throw new ModuleError(`cannot read ${name}:${at}: it is not JavaScript from there on`, {
      cause: error,
    });
  }
  const [imports, exports] = parsed;
  // -2 is import.meta, which brings nothing in.
  const first = imports.find(({ d }) => d !== -2);
  if (first !== undefined) {
    // As it stands: where no code may be made of strings, the lexer cannot resolve its escapes.
    const written = text.slice(first.s, first.e).trim();
    const specifier = first.d < 0 ? `"${written}"` : written;
    const isEmpty = /^import\s*\{[\s,]*\}/.test(text.slice(first.ss, first.se));
    const advice = isEmpty
      ? "if only types come from there, write import type"
      : /^["']node:/.test(specifier)
      ? "a function has neither files nor network: do without it"
      : "a module must be whole by itself: bundle it first, for example with " +
        `npx esbuild ${name} --bundle --format=esm --outfile=bundled.js`;
    throw new ModuleError(
      `cannot use ${name}: it imports ${specifier} at ${name}:${
        placeOf(text, first.ss)
      }, and ${advice}`,
    );
  }
  return exports.map(({ n }) => n);
}

/** Line and column, from 1, of an index into a text. */
function placeOf(text: string, index: number): string {
  const before = text.slice(0, index);
  const lineStart = before.lastIndexOf("\n") + 1;
  return `${before.split("\n").length}:${index - lineStart + 1}`;
}
