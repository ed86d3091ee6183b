/**
 * Lines as documents show them: `<name>` stands for what differs from run to run, `…` for anything.
 *
 * @module
 */

/** What the names of one transcript were found to stand for. */
export type Bindings = Map<string, string>;

/** Names whose value may differ each time they stand somewhere. */
const FREE_NAMES: Readonly<Record<string, string>> = {
  ms: String.raw`\d+(?:\.\d+)?`,
  count: String.raw`\d+`,
  port: String.raw`\d+`,
};

const PLACEHOLDER = /<([a-z]+)>|…/g;

/**
 * Whether a line is one that the pattern allows. A name that is not a free one stands for the same
 * text wherever it stands: what it is found to be goes into `bindings`.
 */
export function matches(pattern: string, line: string, bindings: Bindings = new Map()): boolean {
  const found = regExpOf(fill(pattern, bindings)).exec(line);
  if (found === null) return false;
  for (const [name, value] of Object.entries(found.groups ?? {})) bindings.set(name, value);
  return true;
}

/** The pattern with the names that are known replaced by what they stand for. */
export function fill(pattern: string, bindings: Bindings): string {
  return pattern.replace(PLACEHOLDER, (text, name) => bindings.get(name ?? "") ?? text);
}

function regExpOf(pattern: string): RegExp {
  const named = new Set<string>();
  let source = "";
  let from = 0;
  for (const match of pattern.matchAll(PLACEHOLDER)) {
    const [text, name] = match;
    source += RegExp.escape(pattern.slice(from, match.index));
    if (name === undefined) source += ".*";
    else if (name in FREE_NAMES) source += FREE_NAMES[name];
    else if (named.has(name)) source += `\\k<${name}>`;
    else {
      named.add(name);
      source += `(?<${name}>[^\\s",]+)`;
    }
    from = match.index + text.length;
  }
  return new RegExp(`^${source}${RegExp.escape(pattern.slice(from))}$`, "u");
}
