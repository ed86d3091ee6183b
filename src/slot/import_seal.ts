/**
 * `import`, and `from` in front of a text: by one of the two, everything begins that brings another module in; a
 * longer name is left as it is, and so is `import.meta`, which brings nothing in. And what names a map of the source
 * in a comment: Deno reads it, whatever it may read, and shows what stands there in stacks.
 */
const WORDS =
  /(?<![\w$\\])(?:import(?![\w$])(?!\s*\.\s*meta\b)|from(?=\s*["'/])|sourceMappingURL)/g;

/**
 * A module that brings nothing in: where the words stand by which it would, their first letter is written as an
 * escape. As a keyword that is a syntax error; in a text, a comment, a pattern and any other name it means the same
 * as before. So nobody needs to know which of these it is, and nothing can be taken for another: a lexer that
 * looks for imports can be led astray. The client does look for them so as to explain them to its user. Behind a
 * letter, a digit or a backslash no keyword can stand, and the letter may be of an escape that begins before it
 * (`\from`, `\x0from`): there the words stay.
 *
 * What changes beside: `String.raw`, the sources of patterns and functions, and columns behind the word.
 *
 * @throws {TypeError} If it is not UTF-8.
 */
export function sealImports(code: Uint8Array): Uint8Array {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(code);
  const sealed = text.replace(WORDS, (word) => {
    return `\\u00${word.charCodeAt(0).toString(16)}${word.slice(1)}`;
  });
  return sealed === text ? code : new TextEncoder().encode(sealed);
}
