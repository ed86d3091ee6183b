/**
 * Replies as people read them. Both forms copy the characters of the reply and never parse them: an integer
 * of 1,000 digits and `15.0` come out as they came in.
 *
 * @module
 */

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
const COLON = 0x3a;
const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const OPENING_BRACE = 0x7b;
const CLOSING_BRACE = 0x7d;

/** A JSON text on one line with `, ` and `: ` as separators, whatever space it had outside of strings. */
export function spaceJson(text: string): string {
  const pieces: string[] = [];
  let pieceStart = 0;
  let index = 0;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(text, index);
      continue;
    }
    index += 1;
    if (code === COMMA || code === COLON) {
      pieces.push(text.slice(pieceStart, index), " ");
      pieceStart = index;
    } else if (isSpace(code)) {
      pieces.push(text.slice(pieceStart, index - 1));
      pieceStart = index;
    }
  }
  pieces.push(text.slice(pieceStart));
  return pieces.join("");
}

/**
 * A JSON object as a block: a line for each key, and in an array of objects a line for each element.
 * Anything else comes out as from {@linkcode spaceJson}.
 */
export function prettyJson(text: string): string {
  const spaced = spaceJson(text);
  if (spaced.charCodeAt(0) !== OPENING_BRACE || spaced === "{}") return spaced;
  const members = splitMembers(spaced).map((member) => `  ${prettyMember(member)}`);
  return `{\n${members.join(",\n")}\n}`;
}

/** `"key": value`, the value over several lines if it is an array of objects. */
function prettyMember(member: string): string {
  const valueStart = endOfString(member, 0) + 2;
  const value = member.slice(valueStart);
  if (!value.startsWith("[{")) return member;
  const elements = splitMembers(value).map((element) => `    ${element}`);
  return `${member.slice(0, valueStart)}[\n${elements.join(",\n")}\n  ]`;
}

/** The members of an object or array in spaced form, without the `, ` between them. */
function splitMembers(spaced: string): string[] {
  const members: string[] = [];
  let depth = 0;
  let memberStart = 1;
  let index = 0;
  while (index < spaced.length) {
    const code = spaced.charCodeAt(index);
    if (code === QUOTE) {
      index = endOfString(spaced, index);
      continue;
    }
    if (code === OPENING_BRACE || code === OPENING_BRACKET) depth += 1;
    if (code === CLOSING_BRACE || code === CLOSING_BRACKET) depth -= 1;
    if (code === COMMA && depth === 1) {
      members.push(spaced.slice(memberStart, index));
      memberStart = index + 2;
    }
    index += 1;
  }
  members.push(spaced.slice(memberStart, -1));
  return members;
}

/** The index behind the string whose opening quote stands at `start`. */
function endOfString(text: string, start: number): number {
  let index = start + 1;
  while (index < text.length) {
    const code = text.charCodeAt(index);
    if (code === QUOTE) return index + 1;
    index += code === BACKSLASH ? 2 : 1;
  }
  return text.length;
}

/** Space, tab, line feed, carriage return: what JSON allows between its tokens. */
function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0a || code === 0x0d;
}
