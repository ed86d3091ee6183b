/** A kind of machine that executables are made for. */
export interface Target {
  /** The folder under dist/ that its executables go to. */
  readonly folder: string;
  /** The name that Deno gives it. */
  readonly triple: string;
  /** The system, as in `Deno.build.os`. */
  readonly os: "linux" | "darwin" | "windows";
}

/** All targets, in the order in which `deno task compile:all` makes them. */
export const TARGETS: readonly Target[] = [
  { folder: "linux-x64", triple: "x86_64-unknown-linux-gnu", os: "linux" },
  { folder: "linux-arm64", triple: "aarch64-unknown-linux-gnu", os: "linux" },
  { folder: "macos-x64", triple: "x86_64-apple-darwin", os: "darwin" },
  { folder: "macos-arm64", triple: "aarch64-apple-darwin", os: "darwin" },
  { folder: "windows-x64", triple: "x86_64-pc-windows-msvc", os: "windows" },
];

/**
 * The target that this machine is.
 *
 * @throws {Error} If Deno cannot make executables for it.
 */
export function thisMachine(): Target {
  const target = TARGETS.find(({ triple }) => triple === Deno.build.target);
  if (target !== undefined) return target;
  throw new Error(`Cannot compile on "${Deno.build.target}": Deno has no runtime for it`);
}
