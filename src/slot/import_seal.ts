/**
 * `import`, and `from` in front of a text: by one of the two, everything begins that brings another module in; a
 * longer name is left as it is, and so is `import.meta`, which brings nothing in. And what names a map of the source
 * in a comment: Deno reads it, whatever it may read, and shows what stands there in stacks.
 */
const WORDS = /import(?![\w$])(?!\s*\.\s*meta\b)|from(?=\s*["'/])|sourceMappingURL/g;
const BACKSLASH = "\\";

/**
 * A module that brings nothing in: where the words stand by which it would, their first letter is written as an
 * escape. As a keyword that is a syntax error; in a text, a comment, a pattern and any other name it means the same
 * as before. So nobody needs to know which of these it is, and nothing can be taken for another: a lexer that
 * looks for imports can be led astray. The client does look for them so as to explain them to its user.
 *
 * What changes beside: `String.raw`, the sources of patterns and functions, and columns behind the word.
 *
 * @throws {TypeError} If it is not UTF-8.
 */
export function sealImports(code: Uint8Array): Uint8Array {
  const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(code);
  const sealed = text.replace(WORDS, (word, at: number) => {
    const escape = `u00${word.charCodeAt(0).toString(16)}`;
    // What is escaped already (`"\import"`) means the same, and has its backslash.
    return (isEscaped(text, at) ? escape : BACKSLASH + escape) + word.slice(1);
  });
  return sealed === text ? code : new TextEncoder().encode(sealed);
}

function isEscaped(text: string, at: number): boolean {
  let start = at;
  while (text[start - 1] === BACKSLASH) start--;
  return (at - start) % 2 === 1;
}
