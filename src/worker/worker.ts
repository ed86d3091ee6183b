import { DEFAULT_MAX_REQUEST_LINE_BYTES } from "../limits.ts";
import { launch, type Log, type RunningRole } from "../net/role.ts";
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
   * @default {6001}
   */
  port?: number;
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
 */
export function startWorker(options: WorkerOptions = {}): RunningRole {
  const { host = "127.0.0.1", port = 6001 } = options;
  const machine = new WorkerMachine({
    maxLineBytes: options.maxLineBytes ?? DEFAULT_MAX_REQUEST_LINE_BYTES,
  });
  return launch(machine, { host, port }, options.log ?? (() => {})).role;
}
