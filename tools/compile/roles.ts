/** One of the three programs, and what it may do. */
export interface Role {
  /** The name of its executable, and of the script it is made of. */
  readonly name: string;
  /**
   * The permissions that are baked in, as flags. They are plain ones, since Deno 2.4 knows no sets.
   *
   * @param os The system that the executable is for.
   */
  readonly permissions: (os: string) => readonly string[];
  /** Whether it takes the types away from a user's code, and so needs what does that. */
  readonly stripsTypes: boolean;
}

/** Its own executable, which is started again as a local worker or as a slot: on Linux this path allows no other. */
function runItself(os: string): string {
  return os === "linux" ? "--allow-run=/proc/self/exe" : "--allow-run";
}

/** Lets a slot, which is every role's executable started again, go behind everything else. */
const SLOT_PRIORITY = "setPriority";

/**
 * The roles, each with the least it needs: the network, files that its flags name for reading, and its own
 * executable. The worker is known by its host name where it joins; the client also writes `--output`.
 */
export const ROLES: readonly Role[] = [
  {
    name: "worker",
    stripsTypes: false,
    permissions: (os) => [
      "--allow-net",
      "--allow-read",
      `--allow-sys=hostname,${SLOT_PRIORITY}`,
      runItself(os),
    ],
  },
  {
    name: "calc_server",
    stripsTypes: false,
    permissions: (os) => [
      "--allow-net",
      "--allow-read",
      // Its local workers cannot make a connection without it.
      ...(os === "windows" ? ["--allow-env=SYSTEMROOT"] : []),
      `--allow-sys=${SLOT_PRIORITY}`,
      runItself(os),
    ],
  },
  {
    name: "client",
    stripsTypes: true,
    permissions: (os) => [
      "--allow-net",
      "--allow-read",
      "--allow-write",
      `--allow-sys=${SLOT_PRIORITY}`,
      runItself(os),
    ],
  },
];
