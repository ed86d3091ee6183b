/**
 * The three programs as their help describes them.
 *
 * @module
 */

import type { Grammar } from "./flags.ts";
import { MAP_NOTES } from "./map_flags.ts";
import { CLIENT_FLAGS, CLIENT_SUBCOMMANDS, SERVER_FLAGS, WORKER_FLAGS } from "./tables.ts";

/** The name of a role: its program, and its section in a config file. */
export type RoleName = "worker" | "calc_server" | "client";

/** What a role's help and parser are made of. */
export interface Role extends Grammar {
  /** The program's name. */
  readonly name: RoleName;
  /** What stands after the name in the usage lines, one entry a line. */
  readonly usage: readonly string[];
  /** What the program is, in a sentence or two. */
  readonly description: string;
  /** Titled blocks of lines that stand behind the flags. */
  readonly notes?: Readonly<Record<string, readonly string[]>>;
  /** Commands that work as they stand. */
  readonly examples: readonly string[];
  /** What each exit status means for this program. */
  readonly exitStatuses: Readonly<Record<number, string>>;
}

const LISTENER_EXIT_STATUSES = {
  0: "stopped cleanly (SIGINT, SIGTERM), or help was shown",
  2: "wrong usage",
  3: "cannot listen: the port is taken, or the address is not of this machine",
};

/** Every role by its name. */
export const ROLES: Readonly<Record<RoleName, Role>> = {
  worker: {
    name: "worker",
    usage: ["[flags]"],
    description: "Calculates for a calc_server. Run one on every machine of the room.",
    flags: WORKER_FLAGS,
    subcommands: {},
    operations: {},
    examples: [
      "worker --port 6001",
      "worker --host 0.0.0.0 --port 6001 --log-level debug",
      "worker --join lab1:5000 --name window-seat",
      "worker --allow-code --slots 2",
    ],
    exitStatuses: LISTENER_EXIT_STATUSES,
  },
  calc_server: {
    name: "calc_server",
    usage: ["--workers HOST:PORT... [flags]", "--local [N] [flags]", "[flags]"],
    description:
      "Shares the requests of clients out over workers, and goes on when a worker fails.",
    flags: SERVER_FLAGS,
    subcommands: {},
    operations: {},
    examples: [
      "calc_server --workers 127.0.0.1:6001 127.0.0.1:6002 127.0.0.1:6003",
      "calc_server --local",
      "calc_server --config cluster.jsonc --port 5001",
    ],
    exitStatuses: LISTENER_EXIT_STATUSES,
  },
  client: {
    name: "client",
    usage: ["--op NAME OPERANDS [flags]", "--batch [flags]", "SUBCOMMAND [flags]"],
    description: "Asks a calc_server and prints its reply on stdout.",
    flags: CLIENT_FLAGS,
    subcommands: CLIENT_SUBCOMMANDS,
    operations: {
      add: "--a NUMBER --b NUMBER",
      sub: "--a NUMBER --b NUMBER",
      mul: "--a NUMBER --b NUMBER",
      div: "--a NUMBER --b NUMBER",
      sum_squares: "--n INTEGER      1*1 + 2*2 + ... + n*n",
    },
    notes: { "Map:": MAP_NOTES },
    examples: [
      "client --op add --a 10 --b 5",
      "client --op sum_squares --n 9 --pretty",
      "client --batch --input requests.jsonl --output replies.jsonl",
      "client map primes.ts --range 1..10000000 --reduce sum",
      "client map score.ts --input molecules.jsonl --output scores.jsonl",
      "client map score.ts --input sample.jsonl --here",
      "client status",
      "client drain 127.0.0.1:6002",
    ],
    exitStatuses: {
      0: "the reply is ok, or (of a batch) all are, map went well, or help was shown",
      1: 'the reply says "ok": false, or (of a batch) one does, or an item of map failed',
      2: "wrong usage",
      3: "the server cannot be reached, or does not answer within --timeout",
      4: "the system refuses: results cannot be written, say, because the disk is full",
    },
  },
};

/** The names of all roles. */
export const ROLE_NAMES: readonly RoleName[] = ["worker", "calc_server", "client"];
