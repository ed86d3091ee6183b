/**
 * What a user's function finds in its realm: the language, and of the platform only what calculates. All else
 * is taken away before its module is loaded.
 *
 * @module
 */

/** What calculates, and reaches nothing. */
const KEPT = [
  ..."Object Function Array Number parseFloat parseInt Infinity NaN undefined Boolean String Symbol"
    .split(" "),
  ..."Date Promise RegExp Error AggregateError EvalError RangeError ReferenceError SyntaxError"
    .split(" "),
  ..."TypeError URIError SuppressedError DisposableStack AsyncDisposableStack globalThis self"
    .split(" "),
  ..."JSON Math Intl Temporal ArrayBuffer SharedArrayBuffer Atomics DataView Uint8Array".split(" "),
  ..."Uint8ClampedArray Int8Array Uint16Array Int16Array Uint32Array Int32Array Float16Array".split(
    " ",
  ),
  ..."Float32Array Float64Array BigUint64Array BigInt64Array BigInt Map Set WeakMap WeakSet".split(
    " ",
  ),
  ..."WeakRef FinalizationRegistry Iterator Proxy Reflect decodeURI decodeURIComponent".split(" "),
  ..."encodeURI encodeURIComponent escape unescape eval isFinite isNaN WebAssembly console".split(
    " ",
  ),
  ..."atob btoa TextEncoder TextDecoder URL URLSearchParams URLPattern structuredClone".split(" "),
  ..."queueMicrotask setTimeout clearTimeout setInterval clearInterval AbortController".split(" "),
  ..."AbortSignal Event EventTarget CustomEvent DOMException performance crypto".split(" "),
  ..."ReadableStream WritableStream TransformStream CompressionStream DecompressionStream".split(
    " ",
  ),
  ..."TextEncoderStream TextDecoderStream".split(" "),
];

/** Takes from an object all that is not named, and gives the names of what could not be taken. */
function strip(target: object, kept: ReadonlySet<PropertyKey>): string[] {
  const left: string[] = [];
  for (const key of Reflect.ownKeys(target)) {
    if (kept.has(key)) continue;
    if (!Reflect.deleteProperty(target, key)) left.push(String(key));
  }
  return left;
}

/**
 * Leaves only what calculates.
 *
 * @throws {Error} If the platform does not let go of something.
 */
export function stripGlobals(): void {
  // By its symbols the platform knows the scope again when it has an event for it.
  const kept = new Set<PropertyKey>([...KEPT, ...Object.getOwnPropertySymbols(globalThis)]);
  const left = strip(globalThis, kept);
  const ofPrototypes = new Set<PropertyKey>(["constructor", Symbol.toStringTag]);
  // The scope's own methods, such as close() and postMessage(), may be inherited.
  let scope: object | null = Object.getPrototypeOf(globalThis);
  while (scope !== null && scope !== EventTarget.prototype && scope !== Object.prototype) {
    left.push(...strip(scope, ofPrototypes));
    scope = Object.getPrototypeOf(scope);
  }
  left.push(...strip(URL, new Set(["length", "name", "prototype", "canParse", "parse"])));
  // As long as it leaves `Error` as it is, what a function sees of frames is text. It can have the platform show it
  // what they are made of, which have neither the functions of ours nor what those hold.
  Object.defineProperty(Error, "prepareStackTrace", {
    value: undefined,
    writable: false,
    configurable: false,
  });
  for (const name of KEPT) Reflect.get(globalThis, name);
  if (left.length > 0) throw new Error(`The platform does not let go of ${left.join(", ")}`);
}
