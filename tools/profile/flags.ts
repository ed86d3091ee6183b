import { parseArgs } from "@std/cli/parse-args";
import type { RoleName } from "../../bench/cluster/programs.ts";
import { type JobKind, JOBS, type Load, MOST_PROCESSES } from "./loads.ts";

/** How a profile was asked for. */
export interface Flags {
  readonly role: RoleName;
  readonly load: Load;
  /** Whether of the executables, by perf. */
  readonly executables: boolean;
  /** The file that the profile goes to, as it was typed; `undefined` for the usual one. */
  readonly output: string | undefined;
}

/** What --help prints. */
export const HELP = `Usage: deno task profile ROLE [flags]

Profiles worker, calc_server or client under load, from the sources, or as executables.

Flags:
  --seconds N       How long the load lasts (default: 5)
  --window N        Requests in flight on each connection (default: 256)
  --connections N   Connections of the load (default: 1)
  --workers N       Workers; more than 8 share a process, and so are not for worker (default: 2)
  --idle N          Connections beside them on which nothing happens (default: 0)
  --sum N           Asks for sums of squares up to N instead of additions
  --job KIND        A job of client map instead: range (a trivial function, results as lines), steps (0.1 ms an item) or
                    sum (mapRange, of numbers that cost next to nothing); not with the five flags before
  --start           One addition of client instead, from the start of the process to its end
  --executables     Those of dist, recorded by Linux's perf; prints shares, and keeps nothing
  --output FILE     The profile (default: aula-ROLE.cpuprofile in the system's folder for temporary files)
  -h, --help        Show this help
`;

const ROLES: readonly RoleName[] = ["worker", "calc_server", "client"];
const JOB_KINDS = Object.keys(JOBS) as JobKind[];
/** What says how requests are sent. */
const OF_REQUESTS = ["window", "connections", "workers", "idle", "sum"] as const;
/** What else does not go with a batch, and with one start. */
const NOT_OF_BATCH = ["connections", "workers", "idle", "sum"] as const;
const NOT_OF_START = ["seconds", ...OF_REQUESTS] as const;

/**
 * Reads the command line; `undefined` if help is wanted.
 *
 * @throws {TypeError} If it makes no sense.
 */
export function readFlags(args: readonly string[]): Flags | undefined {
  const unknown: string[] = [];
  const given = parseArgs(args.filter((argument) => argument !== "--"), {
    string: ["seconds", "job", "output", ...OF_REQUESTS],
    boolean: ["help", "start", "executables"],
    alias: { h: "help" },
    unknown: (argument) => !argument.startsWith("-") || unknown.push(argument),
  });
  if (given.help) return undefined;
  if (unknown.length > 0) throw new TypeError(`Unknown argument "${unknown[0]}"`);
  const [name, another] = given._.map(String);
  const role = ROLES.find((one) => one === name);
  if (role === undefined) throw new TypeError(`ROLE must be one of ${ROLES.join(", ")}`);
  if (another !== undefined) throw new TypeError(`Only one ROLE is profiled: not "${another}"`);
  const job = JOB_KINDS.find((kind) => kind === given.job);
  if (given.job !== job) throw new TypeError(`--job must be one of ${JOB_KINDS.join(", ")}`);
  const refuse = (names: readonly (keyof typeof given)[], beside: string) => {
    const wrong = names.find((one) => given[one] !== undefined);
    if (wrong !== undefined) throw new TypeError(`--${wrong} does not go with ${beside}`);
  };
  if (given.start && role !== "client") throw new TypeError("--start goes only with client");
  if (given.start && job !== undefined) throw new TypeError("--start does not go with --job");
  if (job !== undefined) refuse(OF_REQUESTS, "--job");
  else if (given.start) refuse(NOT_OF_START, "--start");
  else if (role === "client") refuse(NOT_OF_BATCH, "a batch of client");
  if (given.executables) refuse(["output"], "--executables");
  if (given.output === "") throw new TypeError("--output must name a file");
  const workers = whole("workers", given.workers ?? "2", 1);
  if (role === "worker" && workers > MOST_PROCESSES) {
    throw new TypeError(
      `--workers of worker must be at most ${MOST_PROCESSES}: more share a process`,
    );
  }
  const load: Load = {
    seconds: positive("seconds", given.seconds ?? "5"),
    window: whole("window", given.window ?? "256", 1),
    connections: whole("connections", given.connections ?? "1", 1),
    idle: whole("idle", given.idle ?? "0", 0),
    workers,
    sum: given.sum === undefined ? undefined : digits("sum", given.sum),
    job,
    isStart: given.start,
  };
  return { role, load, executables: given.executables, output: given.output };
}

function whole(name: string, text: string, from: number): number {
  const value = Number(digits(name, text));
  if (value >= from && Number.isSafeInteger(value)) return value;
  throw new TypeError(`--${name} must be a whole number from ${from}, not "${text}"`);
}

/** A whole number as it is asked for: it may be larger than a number of ours. */
function digits(name: string, text: string): string {
  if (/^\d+$/.test(text)) return text;
  throw new TypeError(`--${name} must be a whole number, not "${text}"`);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (text.trim() !== "" && value > 0 && Number.isFinite(value)) return value;
  throw new TypeError(`--${name} must be a positive number, not "${text}"`);
}
