import {
  DEFAULT_MAX_REQUEST_LINE_BYTES,
  DEFAULT_WORKER_PORT,
  MAX_NAME_CHARS,
  MIN_MAX_LINE_BYTES,
} from "../limits.ts";
import { launch, type Log, randomSeed, roleFacts, type RunningRole } from "../net/role.ts";
import { checkAddresses, checkNumber } from "../protocol/checks.ts";
import type { Address } from "../protocol/machine.ts";
import { WorkerMachine } from "./machine.ts";

/** How a worker is started. */
export interface WorkerOptions {
  /**
   * The address to listen on.
   *
   * @default {"127.0.0.1"}
   */
  host?: string;
  /**
   * The port to listen on; 0 takes a free one, which {@linkcode RunningRole.address} names.
   *
   * @default {6001, or none where it joins a coordinator}
   */
  port?: number;
  /**
   * Coordinators to dial and take work from, so that this machine needs no open port. Without `port` it
   * listens nowhere then.
   *
   * @default {[]}
   */
  join?: readonly Address[];
  /**
   * What people shall call it where it joins.
   *
   * @default {"worker"}
   */
  name?: string;
  /**
   * Longest request line in bytes; a longer one is refused and its connection closed.
   *
   * @default {1048576}
   */
  maxLineBytes?: number;
  /** Takes log lines; without it nothing is logged. */
  log?: Log;
}

/**
 * Starts a worker in this process.
 *
 * @example Usage
 * ```ts ignore
 * import { startWorker } from "@aula/calc";
 *
 * await using worker = startWorker({ port: 0 });
 * worker.address.port; // the port that was taken
 * ```
 *
 * @throws {ListenError} If the address cannot be listened on.
 * @throws {RangeError} If an option cannot be used.
 */
export function startWorker(options: WorkerOptions = {}): RunningRole {
  const { host = "127.0.0.1", join = [], log = () => {} } = options;
  const port = options.port ?? (join.length > 0 ? undefined : DEFAULT_WORKER_PORT);
  const { maxLineBytes = DEFAULT_MAX_REQUEST_LINE_BYTES, name = "worker" } = options;
  checkAddresses("join", join);
  checkNumber("maxLineBytes", maxLineBytes, MIN_MAX_LINE_BYTES);
  if (name === "" || name.length > MAX_NAME_CHARS) {
    throw new RangeError(
      `Cannot use name "${name}": it must have 1 to ${MAX_NAME_CHARS} characters`,
    );
  }
  const machine = new WorkerMachine({
    maxLineBytes,
    join,
    name,
    instance: crypto.randomUUID(),
    facts: roleFacts("worker"),
    seed: randomSeed(),
  });
  return launch(machine, port === undefined ? undefined : { host, port }, log).role;
}
