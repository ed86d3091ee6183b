import {
  DEFAULT_MAX_REQUEST_LINE_BYTES,
  DEFAULT_SLOT_MEMORY_MB,
  DEFAULT_WORKER_PORT,
  MAX_NAME_CHARS,
  MAX_SLOTS,
  MIN_MAX_LINE_BYTES,
  MIN_SLOT_MEMORY_MB,
} from "../limits.ts";
import type { Spawner } from "../net/driver.ts";
import { launch, type Log, randomSeed, roleFacts, type RunningRole } from "../net/role.ts";
import { sha256 } from "../net/sha256.ts";
import { checkAddresses, checkFlag, checkNames, checkNumber } from "../protocol/checks.ts";
import type { Address } from "../protocol/machine.ts";
import { exposure } from "./exposure.ts";
import type { RunnerOptions } from "./jobs/port.ts";
import { WorkerMachine } from "./machine.ts";
import { requireRunPermission, SlotSpawner } from "./slot_spawner.ts";

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
  /**
   * Whether it runs functions of users (`client map`), each in a sandboxed process of its own. That is refused
   * where other machines could send some: see `insecure`.
   *
   * @default {false}
   */
  allowCode?: boolean;
  /**
   * How many such processes, or slots, calculate at once; for each that is free one stands ready, and one more.
   *
   * @default {navigator.hardwareConcurrency}
   */
  slots?: number;
  /**
   * Resident memory of a slot in bytes; an item that makes it use more fails.
   *
   * @default {1073741824}
   */
  slotMemoryBytes?: number;
  /**
   * Whether code is taken although the worker can be reached from beyond this machine, or joins a server on
   * another: whoever can send it some may then run it here.
   *
   * @default {false}
   */
  insecure?: boolean;
  /** Takes log lines; without it nothing is logged. */
  log?: Log;
}

/** The options; TypeScript sees to it that none is left out here. */
const WORKER_OPTIONS = Object.keys(
  {
    host: 0,
    port: 0,
    maxLineBytes: 0,
    join: 0,
    name: 0,
    allowCode: 0,
    slots: 0,
    slotMemoryBytes: 0,
    insecure: 0,
    log: 0,
  } satisfies Record<keyof WorkerOptions, 0>,
);

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
 * @throws {TypeError} If there is no such option.
 * @throws {RangeError} If an option cannot be used.
 */
export function startWorker(options: WorkerOptions = {}): RunningRole {
  checkNames(options, WORKER_OPTIONS);
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
  checkFlag("allowCode", options.allowCode);
  checkFlag("insecure", options.insecure);
  if (port !== undefined) checkNumber("port", port, 0);
  const address = port === undefined ? undefined : { host, port };
  const code = options.allowCode ? codeParts(options, exposure(address, join), log) : undefined;
  const slots = code?.runner.slots;
  const machine = new WorkerMachine({
    maxLineBytes,
    join,
    name,
    instance: crypto.randomUUID(),
    facts: { ...roleFacts("worker"), ...(slots === undefined ? {} : { slots }) },
    seed: randomSeed(),
    ...(code === undefined ? {} : { code: code.runner }),
  });
  try {
    return launch(machine, address, log, code?.spawner).role;
  } catch (error) {
    code?.spawner.close();
    throw error;
  }
}

/** What a worker runs code with. */
interface CodeParts {
  readonly runner: RunnerOptions;
  readonly spawner: Spawner;
}

/** Checks what is said of running code, of which `danger` says who else could send some. */
function codeParts(options: WorkerOptions, danger: string | undefined, log: Log): CodeParts {
  const {
    slots = Math.min(navigator.hardwareConcurrency, MAX_SLOTS),
    slotMemoryBytes = DEFAULT_SLOT_MEMORY_MB * 2 ** 20,
    insecure = false,
  } = options;
  checkNumber("slots", slots, 1);
  if (!Number.isInteger(slots) || slots > MAX_SLOTS) {
    throw new RangeError(`Cannot use slots ${slots}: it must be an integer up to ${MAX_SLOTS}`);
  }
  checkNumber("slotMemoryBytes", slotMemoryBytes, MIN_SLOT_MEMORY_MB * 2 ** 20);
  if (danger !== undefined) {
    if (!insecure) throw new RangeError(`Cannot use allowCode without insecure: ${danger}`);
    log("warn", `--insecure: code is taken from anybody, as ${danger}`);
  }
  requireRunPermission();
  const spawner = new SlotSpawner({ memoryBytes: slotMemoryBytes });
  return { runner: { slots, sha256 }, spawner };
}
