/**
 * The language's own functions, taken before any user's module is loaded. What runs beside a user's function
 * in one realm uses only these: the function may replace `JSON.stringify` or all of `Array.prototype`, and
 * neither breaks us nor learns what we hold.
 *
 * For the same reason such code has no `for … of`, no spread and no destructuring of arrays (they ask
 * `Array.prototype`), reads no property that an object of ours may lack (it would ask `Object.prototype`),
 * makes views of memory by constructors only (`subarray` asks `constructor`), and asks no array of bytes for
 * its `length`, `buffer` or `byteOffset`, which are getters that can be replaced.
 *
 * @module
 */

const { apply } = Reflect;

/** A method as a function whose first argument is what it is a method of. */
function uncurried<This, Args extends unknown[], Result>(
  method: (this: This, ...args: Args) => Result,
): (self: This, ...args: Args) => Result {
  const bind = Function.prototype.bind;
  return apply(bind, Function.prototype.call, [method]);
}

/** `JSON.stringify`. */
export const stringify: typeof JSON.stringify = JSON.stringify;
/** `JSON.parse`. */
export const parse: typeof JSON.parse = JSON.parse;
/** `JSON.rawJSON`, which TypeScript's library does not know yet. */
export const rawJson: (text: string) => object =
  (JSON as unknown as { rawJSON: (text: string) => object }).rawJSON;
/** `Reflect.apply`. */
export const reflectApply: typeof Reflect.apply = apply;
/** `Array.isArray`. */
export const isArray: (value: unknown) => boolean = Array.isArray;
/** `Object.keys`. */
export const keysOf: (value: object) => string[] = Object.keys;
/** `Number.isSafeInteger`. */
export const isSafeInteger: (value: unknown) => boolean = Number.isSafeInteger;
/** `Object.getPrototypeOf`. */
export const prototypeOf: (value: unknown) => unknown = Object.getPrototypeOf;
/** `prototype.isPrototypeOf(value)`. */
export const isPrototypeOf: (prototype: unknown, value: unknown) => boolean = uncurried(
  Object.prototype.isPrototypeOf,
) as (prototype: unknown, value: unknown) => boolean;
/** `pattern.exec(text)`, for a pattern without flags. */
export const execPattern: (pattern: RegExp, text: string) => unknown = uncurried(
  RegExp.prototype.exec,
);
/** `BigInt`. */
export const toBigInt: (text: string | number) => bigint = BigInt;
/** `Number`. */
export const toNumber: (value: unknown) => number = Number;
/** `String`. */
export const toText: (value: unknown) => string = String;
/** `value.toExponential()`: as many digits as tell it from all others. */
export const toExponential: (value: number) => string = uncurried(
  Number.prototype.toExponential as (this: number) => string,
);
/** `Math.floor`. */
export const floor: typeof Math.floor = Math.floor;
/** `Math.abs`. */
export const absolute: typeof Math.abs = Math.abs;
/** `Math.imul`. */
export const imul: typeof Math.imul = Math.imul;
/** `Uint8Array`. */
export const Bytes: Uint8ArrayConstructor = Uint8Array;
/** `Error`. */
export const PlainError: ErrorConstructor = Error;
const hasInstance = uncurried(
  Function.prototype[Symbol.hasInstance] as (this: unknown, value: unknown) => boolean,
);
/** Whether a value is an `Error`, whatever `Error[Symbol.hasInstance]` has become. */
export const isError = (value: unknown): value is Error => hasInstance(PlainError, value);
/** `TypeError`. */
export const PlainTypeError: TypeErrorConstructor = TypeError;

/** `text.includes(part)`. */
export const includes: (text: string, part: string) => boolean = uncurried(
  String.prototype.includes,
);
/** `text.slice(start, end)`. */
export const sliceText: (text: string, start: number, end?: number) => string = uncurried(
  String.prototype.slice,
);
/** `text.indexOf(part, from)`. */
export const indexOfText: (text: string, part: string, from?: number) => number = uncurried(
  String.prototype.indexOf,
);
/** `text.charCodeAt(index)`. */
export const charCodeAt: (text: string, index: number) => number = uncurried(
  String.prototype.charCodeAt,
);
/** `bytes.indexOf(byte, from)`. */
export const indexOfByte: (bytes: Uint8Array, byte: number, from: number) => number = uncurried(
  Uint8Array.prototype.indexOf,
);
/** `target.set(source, at)`. */
export const setBytes: (target: Uint8Array, source: Uint8Array, at: number) => void = uncurried(
  Uint8Array.prototype.set,
);

/** A getter of all arrays of bytes as a function. */
function bytesGetter<Value>(name: string): (bytes: Uint8Array) => Value {
  const shared = Object.getPrototypeOf(Uint8Array.prototype);
  return uncurried(Object.getOwnPropertyDescriptor(shared, name)!.get!) as (
    bytes: Uint8Array,
  ) => Value;
}

/** `bytes.length`. */
export const lengthOf: (bytes: Uint8Array) => number = bytesGetter("length");
/** `bytes.buffer`. */
export const bufferOf: (bytes: Uint8Array) => ArrayBuffer = bytesGetter("buffer");
/** `bytes.byteOffset`. */
export const offsetOf: (bytes: Uint8Array) => number = bytesGetter("byteOffset");

const encoder = new TextEncoder();
const encode = uncurried(TextEncoder.prototype.encode);
const encodeIntoBytes = uncurried(TextEncoder.prototype.encodeInto);
const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });
const decode = uncurried(TextDecoder.prototype.decode);
/** Without a prototype, as what it lacks would be looked for there. */
const DECODE_OPTIONS = Object.freeze({ __proto__: null, stream: false });

/** A text as UTF-8. */
export function encodeText(text: string): Uint8Array<ArrayBuffer> {
  return encode(encoder, text);
}

/** Writes a text as UTF-8, as much of it as there is room for. */
export function encodeInto(text: string, target: Uint8Array): { read: number; written: number } {
  return encodeIntoBytes(encoder, text, target);
}

const MEASURE_BYTES = 16 * 1024;
const measured = new Uint8Array(MEASURE_BYTES);

/** Whether a text has more than so many bytes as UTF-8. */
export function isLonger(text: string, maxBytes: number): boolean {
  // UTF-8 has one to three bytes for one UTF-16 unit.
  if (text.length > maxBytes) return true;
  if (text.length * 3 <= maxBytes) return false;
  let bytes = 0;
  for (let start = 0; start < text.length && bytes <= maxBytes;) {
    const { read, written } = encodeInto(sliceText(text, start, start + MEASURE_BYTES), measured);
    start += read;
    bytes += written;
  }
  return bytes > maxBytes;
}

/**
 * The text that bytes are as UTF-8.
 *
 * @throws {TypeError} If they are none.
 */
export function decodeText(bytes: Uint8Array): string {
  return decode(decoder, bytes as Uint8Array<ArrayBuffer>, DECODE_OPTIONS);
}
