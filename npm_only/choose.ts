/**
 * Chooses where the `@std` packages come from: JSR, or the stand-ins of this folder over npm.
 *
 * Every task runs this once, before the first use; `deno task setup` runs it anew. It imports no
 * package, since none can be resolved before the choice is made.
 *
 * ```sh
 * deno task setup          # tries JSR and takes what it finds
 * deno task setup --npm    # takes the stand-ins without trying, and --jsr the real packages
 * ```
 *
 * Beside the choice it leaves two files for what comes after: the lock file, and the one flag of the
 * tasks that differs from system to system.
 *
 * @module
 */
import { isInReach } from "./jsr.ts";
import { removeMembers, writeMembers } from "./members.ts";
import { writeWhole } from "./files.ts";

/** Where the packages come from. */
type Route = "jsr" | "npm";

const PROJECT = new URL("../", import.meta.url);
const MEMBERS = new URL("npm_only/.local/", PROJECT);

/**
 * The lock file that git keeps. It pins the packages from npm, which both routes use. Deno adds what
 * the route at hand has beside them, so it works on a copy: no run leaves a changed file behind.
 */
const PINNED = new URL("npm_only/deno.lock", PROJECT);
const LOCK = new URL("deno.lock", MEMBERS);

/**
 * What calc_server needs to start workers of its own. On Linux it starts its own executable by a
 * name that allows nothing else; the other systems have no such name. A task cannot tell systems
 * apart, so it takes the flag from here.
 */
const ALLOW_RUN = new URL("allow_run", MEMBERS);
const ALLOW_RUN_FLAG = Deno.build.os === "linux" ? "--allow-run=/proc/self/exe" : "--allow-run";

/** Its being there says that a choice was made. It is written last, and holds the route's name. */
const CHOSEN = new URL("chosen", MEMBERS);

const EXPLANATIONS: Readonly<Record<Route, string>> = {
  jsr: "the @std packages come from JSR",
  npm: "stand-ins from npm take the place of the @std packages",
};

async function main(args: readonly string[]): Promise<void> {
  const asked = routeAskedFor(args);
  const route = asked ?? await routeFound();
  try {
    await apply(route);
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    log(
      `cannot keep the choice in "npm_only/.local": ${why}. Run "deno task setup" where it can be`,
    );
    Deno.exit(1);
  }
  const reason = asked === undefined && route === "npm" ? "JSR is not in reach: " : "";
  log(`${reason}${EXPLANATIONS[route]} (choose anew: deno task setup)`);
}

function routeAskedFor(args: readonly string[]): Route | undefined {
  const [flag, ...others] = args.filter((argument) => argument !== "--");
  if (flag === undefined) return undefined;
  if (others.length === 0 && flag === "--jsr") return "jsr";
  if (others.length === 0 && flag === "--npm") return "npm";
  log(`unknown arguments ${JSON.stringify(args)}: give --jsr, --npm or nothing`);
  Deno.exit(2);
}

async function routeFound(): Promise<Route> {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", PROJECT)));
  return await isInReach(imports["@std/streams"]) ? "jsr" : "npm";
}

/** Two that choose at once take turns, so that the members always fit what `chosen` says. */
async function apply(route: Route): Promise<void> {
  await Deno.mkdir(MEMBERS, { recursive: true });
  using turn = await Deno.open(new URL("turn", MEMBERS), { create: true, write: true });
  await turn.lock(true);
  if (route === "npm") await writeMembers(MEMBERS);
  else await removeMembers(MEMBERS);
  await writeWhole(LOCK, await Deno.readTextFile(PINNED));
  await writeWhole(ALLOW_RUN, `${ALLOW_RUN_FLAG}\n`);
  await writeWhole(CHOSEN, `${route}\n`);
}

function log(line: string): void {
  // deno-lint-ignore no-console -- this is a tool, and what it says is for its user
  console.error(`[setup] ${line}`);
}

if (import.meta.main) await main(Deno.args);
