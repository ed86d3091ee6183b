/** Longest text of a value that an error shows, in characters. */
const MAX_SHOWN_CHARS = 64;

/**
 * A value that came over the wire, as an error shows it: what is not a scalar by its type alone, as nothing that
 * a peer sends may have any say in how it is written.
 */
export function shown(value: unknown): string {
  if (value === null) return "null";
  switch (typeof value) {
    case "string":
      return JSON.stringify(value.slice(0, MAX_SHOWN_CHARS));
    case "number":
    case "boolean":
    case "bigint":
    case "undefined":
      return String(value).slice(0, MAX_SHOWN_CHARS);
    default:
      return Array.isArray(value) ? "an array" : "an object";
  }
}
