/**
 * The one table of flags per role. Parsing, `--help` and the keys of the config file all come from here.
 *
 * @module
 */

import {
  DEFAULT_BATCH_WINDOW,
  DEFAULT_CLIENT_TIMEOUT_MS,
  DEFAULT_MAX_REQUEST_LINE_BYTES,
  DEFAULT_SLOT_MEMORY_MB,
  DEFAULT_WORKER_TIMEOUT_MS,
  MAX_BATCH_WINDOW,
  MAX_HELD_BYTES,
  MAX_LOCAL_WORKERS,
  MAX_NAME_CHARS,
  MAX_SLOT_MEMORY_MB,
  MAX_SLOTS,
  MAX_TIMEOUT_MS,
  MIN_MAX_LINE_BYTES,
  MIN_SLOT_MEMORY_MB,
} from "../limits.ts";
import { OPERATIONS } from "../operations/registry.ts";
import type { FlagTable, SubcommandTable } from "./flags.ts";
import {
  addressList,
  choice,
  host,
  numberOrCores,
  path,
  port,
  shortText,
  toggle,
  wholeNumber,
} from "./kinds.ts";
import { MAP_FLAGS, MAP_ONLY_FLAGS } from "./map_flags.ts";
import { decimal, exactInteger } from "./numbers.ts";
import { duration, size } from "./quantities.ts";

/** What `client --op` can ask for, in the order in which help names it. */
export const OPERATION_NAMES = OPERATIONS;

/** One operation's name. */
export type OperationName = typeof OPERATION_NAMES[number];

/** How much is logged, from little to much. */
const LOG_LEVELS = ["error", "warn", "info", "debug"] as const;

const timeout = duration({ min: 1, max: MAX_TIMEOUT_MS });

/** The flags at the end of every role's table. */
const COMMON_FLAGS = {
  "config": {
    kind: path,
    help: "Take flags from this JSON file, comments allowed; the command line wins",
    inConfig: false,
  },
  "log-level": {
    kind: choice(LOG_LEVELS, "LEVEL"),
    default: "info",
    help: "How much is logged to stderr: error, warn, info or debug",
  },
  "help": { kind: toggle, default: "false", help: "Show this help; so does -h", inConfig: false },
  "version": {
    kind: toggle,
    default: "false",
    help: "Show the version; so does -V",
    inConfig: false,
  },
} as const satisfies FlagTable;

/** The flags of a worker. */
export const WORKER_FLAGS = {
  "host": { kind: host, default: "127.0.0.1", help: "Address to listen on; 0.0.0.0 for all" },
  "port": {
    kind: port(0),
    help: "Port to listen on; 0 takes a free one (default: 6001, or none with --join)",
  },
  "join": {
    kind: addressList,
    help: "Servers to dial and work for, so that no port need be open here",
  },
  "name": {
    kind: shortText(MAX_NAME_CHARS, "NAME"),
    help: "What --join is known by (default: this machine's host name)",
  },
  "allow-code": {
    kind: toggle,
    default: "false",
    help: "Run functions of users (client map), in sandboxed processes of their own",
  },
  "slots": {
    kind: wholeNumber({ min: 1, max: MAX_SLOTS }),
    help: "How many such processes calculate at once (default: one per core)",
  },
  "slot-memory-mb": {
    kind: wholeNumber({ min: MIN_SLOT_MEMORY_MB, max: MAX_SLOT_MEMORY_MB }),
    default: String(DEFAULT_SLOT_MEMORY_MB),
    help: "Memory of such a process, in MiB, above which its item fails",
  },
  "insecure": {
    kind: toggle,
    default: "false",
    help: "Take code even where other machines can send some, from anybody",
  },
  ...COMMON_FLAGS,
} as const satisfies FlagTable;

/** The flags of a server. */
export const SERVER_FLAGS = {
  "host": { kind: host, default: "127.0.0.1", help: "Address to listen on; 0.0.0.0 for all" },
  "port": { kind: port(0), default: "5000", help: "Port to listen on; 0 takes a free one" },
  "workers": {
    kind: addressList,
    help: "Workers to use, separated by spaces or commas; IPv6 as [::1]:6001",
  },
  "local": {
    kind: numberOrCores({ min: 1, max: MAX_LOCAL_WORKERS }),
    help: "Start N workers of its own on this machine (without N: one per core)",
  },
  "allow-code": {
    kind: toggle,
    default: "false",
    help: "Let the workers of --local run functions of users, one slot each",
  },
  "worker-timeout": {
    kind: timeout,
    default: `${DEFAULT_WORKER_TIMEOUT_MS / 1000}s`,
    help: "Time a worker may take before its work goes to another",
  },
  "max-line-bytes": {
    kind: size({ min: MIN_MAX_LINE_BYTES, max: MAX_HELD_BYTES }),
    default: `${DEFAULT_MAX_REQUEST_LINE_BYTES / 1024 ** 2}MiB`,
    help: "Longest request line that is read",
  },
  "insecure": {
    kind: toggle,
    default: "false",
    help: "Take joins, drains and code even where other machines can connect, from anybody",
  },
  ...COMMON_FLAGS,
} as const satisfies FlagTable;

/** The flags of the client. */
export const CLIENT_FLAGS = {
  "host": { kind: host, default: "127.0.0.1", help: "Host of the server" },
  "port": { kind: port(1), default: "5000", help: "Port of the server" },
  "server": {
    kind: addressList,
    help: "Servers instead of --host and --port: the first that answers is used",
  },
  "timeout": {
    kind: timeout,
    default: `${DEFAULT_CLIENT_TIMEOUT_MS / 1000}s`,
    help: "Time the server may take to answer",
  },
  "op": {
    kind: choice(OPERATION_NAMES, "NAME"),
    help: "Operation to calculate, one of those above",
  },
  "a": { kind: decimal, help: "First operand" },
  "b": { kind: decimal, help: "Second operand" },
  "n": { kind: exactInteger, help: "Upper end of a sum of squares, exact, up to 1,000 digits" },
  "pretty": { kind: toggle, default: "false", help: "Print the reply as a block of lines" },
  "explain": {
    kind: toggle,
    default: "false",
    help: "Ask which worker did what, in how many attempts",
  },
  "batch": {
    kind: toggle,
    default: "false",
    help: "Send requests from a file or stdin, one JSON object a line",
  },
  "input": { kind: path, help: "File that --batch or map reads; as -, stdin" },
  "output": { kind: path, help: "File that --batch or map writes; without it, or as -, stdout" },
  "window": {
    kind: wholeNumber({ min: 1, max: MAX_BATCH_WINDOW }),
    default: String(DEFAULT_BATCH_WINDOW),
    help: "Requests of --batch in flight at once",
  },
  ...MAP_ONLY_FLAGS,
  ...COMMON_FLAGS,
} as const satisfies FlagTable;

/** What the client does beside operations and batches. */
export const CLIENT_SUBCOMMANDS = {
  "status": {
    help: "Show every worker, its state and its counters",
    operands: [],
    flags: ["pretty"],
  },
  "ping": { help: "Ask whether the server is there", operands: [], flags: ["pretty"] },
  "map": {
    help: "Call a function of your own for every item, on all machines; see below",
    operands: ["FILE"],
    flags: MAP_FLAGS,
  },
  "jobs": { help: "Show the jobs of map that are running", operands: [], flags: ["pretty"] },
  "cancel": {
    help: "End a job of map; jobs shows the names",
    operands: ["JOB"],
    flags: ["pretty"],
  },
  "drain": {
    help: "Give a worker nothing new; status shows the names",
    operands: ["WORKER"],
    flags: ["pretty"],
  },
  "undrain": {
    help: "Give a drained worker work again",
    operands: ["WORKER"],
    flags: ["pretty"],
  },
} as const satisfies SubcommandTable;

/** One subcommand's name. */
export type SubcommandName = keyof typeof CLIENT_SUBCOMMANDS;

/** The flags that belong to each operation, operands first. */
export const OPERATION_FLAGS: Readonly<Record<OperationName, readonly string[]>> = {
  add: ["a", "b", "pretty", "explain"],
  sub: ["a", "b", "pretty", "explain"],
  mul: ["a", "b", "pretty", "explain"],
  div: ["a", "b", "pretty", "explain"],
  sum_squares: ["n", "pretty", "explain"],
};

/** The flags that belong to `--batch`. */
export const BATCH_FLAGS: readonly string[] = ["input", "output", "window"];
