/**
 * The `parse` of `@std/jsonc`, over npm's `jsonc-parser`.
 *
 * @module
 */
import { type Node, type ParseError, parseTree } from "jsonc-parser";

/** What JSON text can stand for. */
export type JsonValue =
  | { [key: string]: JsonValue | undefined }
  | JsonValue[]
  | string
  | number
  | boolean
  | null;

/** How much of a wrong token an error shows. */
const SHOWN_CHARACTERS = 30;

/**
 * Reads JSON with comments and trailing commas.
 *
 * @throws {SyntaxError} If the text is anything else. It names the token and its position.
 */
export function parse(text: string): JsonValue {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const [first] = errors;
  if (first !== undefined) throw new SyntaxError(describe(text, first));
  if (tree === undefined) throw new SyntaxError(describe(text, endOf(text)));
  return valueOf(tree);
}

/** An object's values are defined, not assigned, so that a key `__proto__` is a key like any other. */
function valueOf(node: Node): JsonValue {
  if (node.type === "array") return (node.children ?? []).map(valueOf);
  if (node.type !== "object") return node.value;
  const target: { [key: string]: JsonValue } = {};
  for (const property of node.children ?? []) {
    const [key, value] = property.children ?? [];
    if (key === undefined || value === undefined) continue;
    Object.defineProperty(target, key.value, {
      value: valueOf(value),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return target;
}

function endOf(text: string): Pick<ParseError, "offset" | "length"> {
  return { offset: text.length, length: 0 };
}

function describe(text: string, error: Pick<ParseError, "offset" | "length">): string {
  const token = text.slice(error.offset, error.offset + error.length);
  if (token === "") return "Cannot parse JSONC: unexpected end of JSONC input";
  const shown = token.length > SHOWN_CHARACTERS ? `${token.slice(0, SHOWN_CHARACTERS)}...` : token;
  return `Cannot parse JSONC: unexpected token "${shown}" in JSONC at position ${error.offset}`;
}
