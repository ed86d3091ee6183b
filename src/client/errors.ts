/** Thrown where no server could be reached, or the connection was lost and could not be had again. */
export class ServerUnreachableError extends Error {
  /** The error's class name. */
  override name = "ServerUnreachableError";
}

/** Thrown where the server did not answer in the time that the caller gave it. */
export class ReplyTimeoutError extends Error {
  /** The error's class name. */
  override name = "ReplyTimeoutError";
}

/** Thrown where the server answered a request with `"ok": false`. */
export class CalculationError extends Error {
  /** The error's class name. */
  override name = "CalculationError";
  /** Stable and machine-readable: `division_by_zero`, `no_worker_available`, …; PROTOCOL.md lists them. */
  readonly code: string;

  /** The error that a reply carries: its text in the server's language, and its code. */
  constructor(text: string, code: string) {
    super(text);
    this.code = code;
  }
}

/** Thrown where a server's reply is not what the protocol promises. */
export class ProtocolError extends Error {
  /** The error's class name. */
  override name = "ProtocolError";
}
