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
}

/**
 * The roles, each with the least it needs: the network, and files that its flags name for reading.
 * The worker is known by its host name where it joins; the client also writes `--output`; calc_server starts workers of its own for `--local`, and on
 * Linux `/proc/self/exe` names its own executable and allows no other.
 */
export const ROLES: readonly Role[] = [
  { name: "worker", permissions: () => ["--allow-net", "--allow-read", "--allow-sys=hostname"] },
  {
    name: "calc_server",
    permissions: (os) => [
      "--allow-net",
      "--allow-read",
      os === "linux" ? "--allow-run=/proc/self/exe" : "--allow-run",
    ],
  },
  { name: "client", permissions: () => ["--allow-net", "--allow-read", "--allow-write"] },
];
