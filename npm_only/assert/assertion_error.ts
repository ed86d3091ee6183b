/** The error that every assertion of this folder throws. */
export class AssertionError extends Error {
  /**
   * @param message What was expected, and what was found.
   * @param options `cause`, as for any `Error`.
   */
  constructor(message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = "AssertionError";
  }
}

/** How a caller's own words are put after an assertion's: after a colon, or just a full stop. */
export function suffix(msg: string | undefined): string {
  return msg ? `: ${msg}` : ".";
}
