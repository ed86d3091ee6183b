/**
 * How the three programs end: the exit statuses, and the error that stands for wrong usage.
 *
 * @module
 */

/** What each exit status means; the same in all three roles. */
export const EXIT_STATUS = {
  /** Everything went well; for a server or a worker, a clean stop. */
  ok: 0,
  /** The reply (or one of a batch) says `"ok": false`. */
  refused: 1,
  /** The command line or the config file is wrong. */
  usage: 2,
  /** The server cannot be reached or does not answer in time; a server or worker cannot listen. */
  unreachable: 3,
  /** The system refuses what was to be written or read, such as a result on a full disk. */
  system: 4,
} as const;

/** One of the statuses that a role ends with. */
export type ExitStatus = typeof EXIT_STATUS[keyof typeof EXIT_STATUS];

/** The command line, or the config file that it names, cannot be used; the message is one line. */
export class UsageError extends Error {
  override readonly name = "UsageError";
  /** The flag that the message is about, without dashes, if it is about one. */
  readonly flag: string | undefined;
  /** The status that the program ends with. */
  readonly exitStatus: ExitStatus = EXIT_STATUS.usage;

  /** An error about the given flag, or about the command line as a whole. */
  constructor(message: string, flag?: string, options?: ErrorOptions) {
    super(message, options);
    this.flag = flag;
  }
}
