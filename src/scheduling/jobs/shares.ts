import {
  MAX_INPUT_BYTES,
  MAX_JOB_INPUT_BYTES,
  MAX_JOB_RESULT_BYTES,
  MAX_RESULT_BYTES,
} from "../../limits.ts";

/** How much of a server's memory a job may use: less, the more jobs there are. */
export class Shares {
  /** How many jobs there are. */
  jobs = 0;

  /** Bytes of lines that a job's client is asked for before they are needed. */
  get inputBytes(): number {
    return Math.min(MAX_JOB_INPUT_BYTES, MAX_INPUT_BYTES / Math.max(1, this.jobs));
  }

  /** Bytes of a job's results that are held, or promised to be. */
  get resultBytes(): number {
    return Math.min(MAX_JOB_RESULT_BYTES, MAX_RESULT_BYTES / Math.max(1, this.jobs));
  }
}
