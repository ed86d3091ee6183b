import {
  DEFAULT_MAX_REQUEST_LINE_BYTES,
  DEFAULT_SERVER_PORT,
  DEFAULT_WORKER_TIMEOUT_MS,
  MIN_MAX_LINE_BYTES,
} from "../limits.ts";
import { nowMs } from "../net/clock.ts";
import { sha256 } from "../net/sha256.ts";
import { launch, type Log, randomSeed, roleFacts, type RunningRole } from "../net/role.ts";
import { checkAddresses, checkNames, checkNumber } from "../protocol/checks.ts";
import { isLoopback } from "../protocol/address.ts";
import type { Address } from "../protocol/machine.ts";
import { ServerMachine } from "./machine.ts";

/** How a server is started. */
export interface ServerOptions {
  /** The workers, in the order in which ranges are given to them. They may be down for now. */
  workers: readonly Address[];
  /**
   * The address to listen on.
   *
   * @default {"127.0.0.1"}
   */
  host?: string;
  /**
   * The port to listen on; 0 takes a free one, which {@linkcode RunningRole.address} names.
   *
   * @default {5000}
   */
  port?: number;
  /**
   * How long a worker may take for one piece of work before another gets it, in milliseconds.
   *
   * @default {2000}
   */
  workerTimeoutMs?: number;
  /**
   * Longest request line in bytes; a longer one is refused and its connection closed.
   *
   * @default {1048576}
   */
  maxLineBytes?: number;
  /**
   * Whether joins, drains, undrains, functions of users and cancels are taken although the server can be reached
   * from beyond this machine, where anybody may then send them. On loopback they are always taken.
   *
   * @default {false}
   */
  insecure?: boolean;
  /** Takes log lines; without it nothing is logged. */
  log?: Log;
}

/** A coordinator whose workers may be moved, as those are that it has started itself. */
export interface MovableServer extends RunningRole {
  /** Gives the worker at a place (counted from 0) another address. */
  readdress(index: number, address: Address): void;
}

/** The options; TypeScript sees to it that none is left out here. */
const SERVER_OPTIONS = Object.keys(
  {
    workers: 0,
    host: 0,
    port: 0,
    workerTimeoutMs: 0,
    maxLineBytes: 0,
    insecure: 0,
    log: 0,
  } satisfies Record<keyof ServerOptions, 0>,
);

/**
 * Starts a coordinator in this process.
 *
 * @example Usage
 * ```ts ignore
 * import { startServer, startWorker } from "@aula/calc";
 *
 * await using worker = startWorker({ port: 0 });
 * await using server = startServer({ port: 0, workers: [worker.address] });
 * ```
 *
 * @throws {ListenError} If the address cannot be listened on.
 * @throws {TypeError} If there is no such option.
 * @throws {RangeError} If an option cannot be used, such as an address that is named twice.
 */
export function startServer(options: ServerOptions): RunningRole {
  checkNames(options, SERVER_OPTIONS);
  return startMovableServer(options);
}

/** Like {@linkcode startServer}, for a server that starts workers itself. */
export function startMovableServer(options: ServerOptions): MovableServer {
  const { host = "127.0.0.1", port = DEFAULT_SERVER_PORT, workers, log = () => {} } = options;
  const {
    workerTimeoutMs = DEFAULT_WORKER_TIMEOUT_MS,
    maxLineBytes = DEFAULT_MAX_REQUEST_LINE_BYTES,
  } = options;
  checkAddresses("workers", workers);
  checkNumber("workerTimeoutMs", workerTimeoutMs, 1);
  checkNumber("maxLineBytes", maxLineBytes, MIN_MAX_LINE_BYTES);
  const machine = new ServerMachine({
    workers,
    workerTimeoutMs,
    maxLineBytes,
    seed: randomSeed(),
    facts: roleFacts("calc_server"),
    instance: crypto.randomUUID(),
    allowsChanges: isLoopback(host) || options.insecure === true,
    sha256,
  });
  const { role, driver } = launch(machine, { host, port }, log);
  if (!isLoopback(host)) {
    if (options.insecure) {
      const what = "join, drain and undrain workers, and have code run on them";
      log("warn", `--insecure: anybody who reaches this port may ${what}`);
    } else {log(
        "info",
        "joins, drains and code are refused, as this is not loopback: see --insecure",
      );}
  }
  return {
    ...role,
    readdress: (index, address) => driver.carryOut(machine.readdress(index, address, nowMs())),
  };
}
