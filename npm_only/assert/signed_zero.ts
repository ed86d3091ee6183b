/**
 * Copies a value in depth, with `0` for every `-0` and the usual prototype for objects that have none.
 *
 * Node's strict comparison tells `-0` from `0` and a bare object from a plain one; the standard
 * library's does not. Comparing two such copies with Node's gives the standard library's answer.
 * Only arrays, plain objects, maps, sets and arrays of floats are copied: anything else is kept.
 */
export function withoutSignsOfZero(value: unknown): unknown {
  return copy(value, new Map());
}

function copy(value: unknown, copies: Map<object, unknown>): unknown {
  if (value === 0) return 0;
  if (typeof value !== "object" || value === null) return value;
  const known = copies.get(value);
  // A structure that contains itself meets its own, unfinished copy here.
  if (known !== undefined) return known;

  if (value instanceof Map) {
    const target = new Map();
    copies.set(value, target);
    for (const [key, item] of value) target.set(copy(key, copies), copy(item, copies));
    return target;
  }
  if (value instanceof Set) {
    const target = new Set();
    copies.set(value, target);
    for (const item of value) target.add(copy(item, copies));
    return target;
  }
  if (value instanceof Float64Array) return value.map((number) => number === 0 ? 0 : number);
  if (value instanceof Float32Array) return value.map((number) => number === 0 ? 0 : number);
  return isPlain(value) ? copyProperties(value, copies) : value;
}

function isPlain(value: object): boolean {
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || prototype === Object.prototype || prototype === Array.prototype;
}

function copyProperties(value: object, copies: Map<object, unknown>): object {
  const target = Array.isArray(value) ? new Array<unknown>(value.length) : {};
  copies.set(value, target);
  for (const key of Reflect.ownKeys(value)) {
    const property = Object.getOwnPropertyDescriptor(value, key);
    if (!property?.enumerable) continue;
    // Defined, not assigned: a key named `__proto__` is a property like any other here.
    Object.defineProperty(target, key, {
      value: copy(Reflect.get(value, key), copies),
      enumerable: true,
      configurable: true,
      writable: true,
    });
  }
  return target;
}
