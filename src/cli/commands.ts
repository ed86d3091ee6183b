/**
 * From a program's arguments to what it is to do, with everything checked: the way into src/cli for the
 * three roles.
 *
 * @module
 */

import type { Address, LogLevel } from "../protocol/machine.ts";
import { chooseAction, type ClientAction } from "./client_action.ts";
import type { ConfigReader } from "./config.ts";
import { DEFAULT_WORKER_PORT } from "../limits.ts";
import { UsageError } from "./exit_status.ts";
import { helpText } from "./help.ts";
import type { CORES } from "./kinds.ts";
import { type FlagReading, readFlags } from "./read_flags.ts";
import { type RoleName, ROLES } from "./roles.ts";
import { CLIENT_FLAGS, SERVER_FLAGS, WORKER_FLAGS } from "./tables.ts";
import { exposure } from "../worker/exposure.ts";

/** What a program is asked to do: show its help, show its version, or run. */
export type Command<Options> =
  | { readonly kind: "help"; readonly text: string }
  | { readonly kind: "version" }
  | { readonly kind: "run"; readonly options: Options };

/** How a worker is to run. */
export interface WorkerOptions {
  /** The address to listen on; IPv6 without brackets. */
  readonly host: string;
  /** The port to listen on; 0 takes a free one. Absent where it only joins. */
  readonly port?: number;
  /** Servers to dial and work for. */
  readonly join: readonly Address[];
  /** What it is known by where it joins; absent for the host name. */
  readonly name?: string;
  /** Whether it runs functions of users. What follows is absent where it does not. */
  readonly allowCode?: boolean;
  /** How many chunks run at once; absent for the cores. */
  readonly slots?: number;
  /** Memory of a slot above which its item fails. */
  readonly slotMemoryBytes?: number;
  /** Whether code is taken although other machines may send some. */
  readonly insecure?: boolean;
  /** The least important lines that are logged. */
  readonly logLevel: LogLevel;
}

/** How a server is to run. */
export interface ServerOptions {
  /** The address to listen on; IPv6 without brackets. */
  readonly host: string;
  /** The port to listen on; 0 takes a free one. */
  readonly port: number;
  /** The configured workers in order, no two the same. */
  readonly workers: readonly Address[];
  /** Workers of its own to start; absent for none. */
  readonly local?: number | typeof CORES;
  /** Whether those run functions of users. */
  readonly allowCode?: boolean;
  /** How long a worker may take for one piece of work. */
  readonly workerTimeoutMs: number;
  /** The longest request line that is read. */
  readonly maxLineBytes: number;
  /** Whether joins and drains are taken from other machines. */
  readonly insecure: boolean;
  /** The least important lines that are logged. */
  readonly logLevel: LogLevel;
}

/** How a client is to run. */
export interface ClientOptions {
  /** Where servers listen, in order of preference; at least one. */
  readonly servers: readonly Address[];
  /** How long the server may take. */
  readonly timeoutMs: number;
  /** Whether the reply is printed as a block of lines. */
  readonly pretty: boolean;
  /** Whether the reply shall say which worker did what. */
  readonly explain: boolean;
  /** The least important lines that are logged. */
  readonly logLevel: LogLevel;
  /** What to ask for. */
  readonly action: ClientAction;
}

/**
 * Reads the arguments of a worker.
 *
 * @throws {UsageError} for anything that cannot be used; the program ends with status 2.
 */
export function readWorkerCommand(
  args: readonly string[],
  configReader: ConfigReader,
): Command<WorkerOptions> {
  const request = readFlags(args, { ...ROLES.worker, flags: WORKER_FLAGS }, configReader);
  if (request.kind !== "run") return show(request.kind, "worker");
  const { host, join = [], name, "log-level": logLevel, ...values } = request.reading.values;
  const port = values.port ?? (join.length === 0 ? DEFAULT_WORKER_PORT : undefined);
  if (name !== undefined && join.length === 0) {
    throw new UsageError("--name belongs to --join: it is what servers call the worker", "name");
  }
  const options = {
    host,
    join,
    logLevel,
    ...(port === undefined ? {} : { port }),
    ...(name === undefined ? {} : { name }),
    ...codeOptions(request.reading),
  };
  refuseExposure(options);
  return { kind: "run", options };
}

/** What is said of running code, where it is allowed. */
function codeOptions(
  { values, typed }: FlagReading<typeof WORKER_FLAGS>,
): Pick<WorkerOptions, "allowCode" | "slots" | "slotMemoryBytes" | "insecure"> {
  const { slots, insecure } = values;
  if (!values["allow-code"]) {
    const lone = ["slots", "slot-memory-mb"].find((flag) => typed.has(flag));
    if (lone === undefined) return {};
    throw new UsageError(`--${lone} belongs to --allow-code: without it no code is run`, lone);
  }
  const slotMemoryBytes = values["slot-memory-mb"] * 2 ** 20;
  return { allowCode: true, ...(slots === undefined ? {} : { slots }), slotMemoryBytes, insecure };
}

function refuseExposure({ host, port, join, allowCode, insecure }: WorkerOptions): void {
  const danger = exposure(port === undefined ? undefined : { host, port }, join);
  if (!allowCode || insecure || danger === undefined) return;
  const advice = "with --insecure anybody there may run code on this one";
  throw new UsageError(`--allow-code is refused, as ${danger}: ${advice}`, "allow-code");
}

/**
 * Reads the arguments of a server.
 *
 * @throws {UsageError} for anything that cannot be used; the program ends with status 2.
 */
export function readServerCommand(
  args: readonly string[],
  configReader: ConfigReader,
): Command<ServerOptions> {
  const request = readFlags(args, { ...ROLES.calc_server, flags: SERVER_FLAGS }, configReader);
  if (request.kind !== "run") return show(request.kind, "calc_server");
  const { values } = request.reading;
  const { workers = [], local, "allow-code": allowCode } = values;
  if (allowCode && local === undefined) {
    const why = "other workers are started with their own";
    throw new UsageError(`--allow-code belongs to --local: ${why}`, "allow-code");
  }
  const options = {
    host: values.host,
    port: values.port,
    workers,
    ...(local === undefined ? {} : { local }),
    ...(allowCode ? { allowCode } : {}),
    workerTimeoutMs: values["worker-timeout"],
    maxLineBytes: values["max-line-bytes"],
    insecure: values.insecure,
    logLevel: values["log-level"],
  };
  return { kind: "run", options };
}

/**
 * Reads the arguments of a client.
 *
 * @throws {UsageError} for anything that cannot be used; the program ends with status 2.
 */
export function readClientCommand(
  args: readonly string[],
  configReader: ConfigReader,
): Command<ClientOptions> {
  const request = readFlags(args, { ...ROLES.client, flags: CLIENT_FLAGS }, configReader);
  if (request.kind !== "run") return show(request.kind, "client");
  const { values, typed } = request.reading;
  const lone = ["host", "port"].find((name) => typed.has(name));
  if (typed.has("server") && lone !== undefined) {
    throw new UsageError(`--server and --${lone} exclude each other`, lone);
  }
  const options = {
    servers: (lone === undefined ? values.server : undefined) ??
      [{ host: values.host, port: values.port }],
    timeoutMs: values.timeout,
    pretty: values.pretty,
    explain: values.explain,
    logLevel: values["log-level"],
    action: chooseAction(request.reading),
  };
  return { kind: "run", options };
}

function show(kind: "help" | "version", role: RoleName): Command<never> {
  return kind === "help" ? { kind, text: helpText(role) } : { kind };
}
