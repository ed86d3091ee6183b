/**
 * Runs the tests, stage by stage; the last line is `N passed, N failed` over all of them.
 *
 * ```sh
 * deno task test                                      # everything
 * deno task test unit faults                          # these stages
 * deno task test faults tests/faults/load_test.ts     # of a stage only what is named
 * deno task test unit --filter splitRange             # other flags go to `deno test`
 * ```
 *
 * @module
 */

import { fileURLToPath } from "node:url";

const PROJECT = fileURLToPath(new URL("../", import.meta.url));

/** What is calculated without sockets, files and clock must be tested without them, and nearly all of it. */
const PURE = String
  .raw`/src/(protocol|operations|jobs|scheduling)/|/src/worker/jobs/|/src/\w+/machine\.ts$`;
const COVERAGE_FOLDER = "coverage";
const MIN_COVERED_PERCENT = 95;

/** The tests that start the roles as processes: from sources, and again as executables. */
const PROCESS_TESTS = ["tests/end_to_end", "tests/faults", "tests/sandbox"];
/** Those among them that would only be run twice. */
const FROM_SOURCES_ALONE = [
  // They start no role.
  "tests/end_to_end/connection_test.ts",
  "tests/end_to_end/job_log_file_test.ts",
  "tests/end_to_end/layering_test.ts",
  "tests/end_to_end/library_test.ts",
  "tests/end_to_end/map_client_test.ts",
  "tests/end_to_end/map_input_test.ts",
  "tests/end_to_end/map_library_test.ts",
  "tests/end_to_end/start_question_test.ts",
  // They are about what lines mean and who is asked, and not about processes, files, permissions or slots.
  "tests/end_to_end/bad_input_test.ts",
  "tests/end_to_end/deadline_test.ts",
  "tests/end_to_end/order_test.ts",
  "tests/end_to_end/rotation_test.ts",
  "tests/end_to_end/unfinished_lines_test.ts",
  "tests/end_to_end/wire_test.ts",
  "tests/end_to_end/unread_results_test.ts",
  // They are about what the coordinator does where others fail, or want more than there is.
  "tests/faults/hedging_test.ts",
  "tests/faults/hung_test.ts",
  "tests/faults/load_test.ts",
  "tests/faults/map_load_test.ts",
  "tests/faults/map_trees_test.ts",
  "tests/faults/network_cut_test.ts",
  "tests/faults/plain_test.ts",
  "tests/faults/rubbish_under_load_test.ts",
  "tests/faults/silent_machine_test.ts",
  "tests/faults/soak_test.ts",
];

/** They wait for heartbeats and the like: one file more than there are cores keeps all of these at work. */
const WAITING = {
  DENO_JOBS: Deno.env.get("DENO_JOBS") ?? String(navigator.hardwareConcurrency + 1),
};

/** One after the other, but for some; what fails in one does not keep the next from running. */
interface Stage {
  /** What `deno test` is given before the files. */
  readonly flags: readonly string[];
  /** Folders of tests, or modules. */
  readonly targets: readonly string[];
  /** Files in them that are left out: of several folders `--ignore` of Deno 2.9 knows only the first. */
  readonly except?: readonly string[];
  /** Variables beside our own. */
  readonly env?: Readonly<Record<string, string>>;
  /** A script of ours that must succeed first. */
  readonly before?: readonly string[];
  /** Whether the coverage of the pure code is measured. */
  readonly isCovered?: boolean;
  /** Whether it leaves a core idle, and minds no load: it runs beside its neighbours of the kind. */
  readonly isBeside?: boolean;
}

const STAGES: Readonly<Record<string, Stage>> = {
  // Without any permission: what is pure needs none. Some ask what is still held on to, and so for a collection.
  unit: {
    flags: ["--parallel", "--v8-flags=--expose-gc"],
    targets: ["tests/unit"],
    isCovered: true,
  },
  simulation: { flags: ["--parallel"], targets: ["tests/simulation"] },
  doc: { flags: ["--doc", "--allow-net"], targets: ["mod.ts"] },
  end_to_end: { flags: ["--allow-all", "--parallel"], targets: ["tests/end_to_end"], env: WAITING },
  sandbox: { flags: ["--allow-all", "--parallel"], targets: ["tests/sandbox"], env: WAITING },
  faults: { flags: ["--allow-all", "--parallel"], targets: ["tests/faults"], env: WAITING },
  executables: {
    flags: ["--allow-all", "--parallel"],
    targets: PROCESS_TESTS,
    except: FROM_SOURCES_ALONE,
    env: { ...WAITING, AULA_TEST_DIST: "dist" },
    before: ["tools/compile.ts"],
  },
  documents: { flags: ["--allow-all"], targets: ["tests/documents"], isBeside: true },
  bench: { flags: ["--allow-all"], targets: ["tests/bench"], isBeside: true },
  npm_only: { flags: ["--allow-all"], targets: ["tests/npm_only"], isBeside: true },
};

/** How many tests a stage ran; a stage that dies counts as one that failed. */
interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** Where the output of a stage goes. */
type Show = (bytes: Uint8Array) => void;

const { names, rest } = readArguments(Deno.args);
const counts = [await checkTypes()];
for (const group of groupsOf(names)) counts.push(...await runBeside(group, rest));
const passed = counts.reduce((sum, count) => sum + count.passed, 0);
const failed = counts.reduce((sum, count) => sum + count.failed, 0);
say(`${passed} passed, ${failed} failed`);
Deno.exit(failed === 0 && passed > 0 ? 0 : 1);

/** The stages that come first, and whatever follows them. */
function readArguments(args: readonly string[]): { names: string[]; rest: string[] } {
  const words = args.filter((argument) => argument !== "--");
  const end = words.findIndex((word) => !Object.hasOwn(STAGES, word));
  const names = end === -1 ? words : words.slice(0, end);
  const rest = end === -1 ? [] : words.slice(end);
  const [first = ""] = rest;
  if (names.length > 0 && (first === "" || /^-|\.ts$/.test(first))) return { names, rest };
  if (words.length === 0) return { names: Object.keys(STAGES), rest };
  say(`[test] "${first}" is no stage: expected one of ${Object.keys(STAGES).join(", ")}`);
  Deno.exit(2);
}

/** All types once, and not again in each stage: it costs next to nothing where `deno check` was run before. */
async function checkTypes(): Promise<Count> {
  const { code } = await runDeno(["check", "--quiet"], {}, () => {}, write);
  if (code !== 0) say("[test] deno check: FAILED\n");
  return { passed: 0, failed: code === 0 ? 0 : 1 };
}

/** Stages that may run beside one another stand together, all others alone. */
function groupsOf(names: readonly string[]): string[][] {
  const groups: string[][] = [];
  for (const name of names) {
    const last = groups.at(-1);
    const both = [name, last?.[0]].every((one) => one !== undefined && STAGES[one]!.isBeside);
    if (both) last!.push(name);
    else groups.push([name]);
  }
  return groups;
}

/** Runs stages at the same time. What they print comes one after the other all the same. */
async function runBeside(names: readonly string[], rest: readonly string[]): Promise<Count[]> {
  const kept = names.map((): Uint8Array[] => []);
  const runs = names.map((name, index) => {
    return runStage(name, rest, index === 0 ? write : (bytes) => kept[index]!.push(bytes));
  });
  const counts: Count[] = [];
  for (const [index, run] of runs.entries()) {
    counts.push(await run);
    kept[index]!.forEach(write);
  }
  return counts;
}

async function runStage(name: string, rest: readonly string[], show: Show): Promise<Count> {
  const stage = STAGES[name]!;
  const files = rest.filter((word) => word.endsWith(".ts"));
  const flags = rest.filter((word) => !word.endsWith(".ts"));
  const targets = files.length > 0 ? files : await presentTargets(name, stage, show);
  if (targets.length === 0) return { passed: 0, failed: 1 };
  say(`[test] ${name}: ${(files.length > 0 ? files : stage.targets).join(" ")}`, show);
  const startedMs = performance.now();
  const count = await prepared(name, stage, show) && await runTests(stage, flags, targets, show);
  const sum = count || { passed: 0, failed: 1 };
  const seconds = ((performance.now() - startedMs) / 1000).toFixed(1);
  say(`[test] ${name}: ${sum.passed} passed, ${sum.failed} failed in ${seconds} s\n`, show);
  const isWhole = rest.length === 0;
  if (stage.isCovered !== true || !isWhole || await isCoveredEnough()) return sum;
  return { ...sum, failed: sum.failed + 1 };
}

/** The targets that are there and hold a test; the others are named and passed over. */
async function presentTargets(name: string, stage: Stage, show: Show): Promise<string[]> {
  const present: string[] = [];
  for (const target of stage.targets) {
    const files = target.endsWith(".ts") ? [target] : await testsIn(target);
    if (files.length === 0) say(`[test] ${name}: ${target} holds no test`, show);
    else if (stage.except === undefined) present.push(target);
    else present.push(...files.filter((file) => !stage.except!.includes(file)));
  }
  const missing = stage.except?.find((file) => !isThere(file));
  if (missing === undefined) return present;
  say(`[test] ${name}: there is no ${missing} to leave out`, show);
  return [];
}

/** The test files of a folder and those in it, in the order of their names. */
async function testsIn(folder: string): Promise<string[]> {
  if (!isThere(folder)) return [];
  const files: string[] = [];
  for await (const { name, isDirectory } of Deno.readDir(`${PROJECT}${folder}`)) {
    if (isDirectory) files.push(...await testsIn(`${folder}/${name}`));
    else if (name.endsWith("_test.ts")) files.push(`${folder}/${name}`);
  }
  return files.sort();
}

function isThere(path: string): boolean {
  try {
    return Deno.statSync(`${PROJECT}${path}`) !== undefined;
  } catch {
    return false;
  }
}

async function prepared(name: string, stage: Stage, show: Show): Promise<boolean> {
  if (stage.isCovered) {
    await Deno.remove(`${PROJECT}${COVERAGE_FOLDER}`, { recursive: true }).catch(() => {});
  }
  if (stage.before === undefined) return true;
  const { code } = await runDeno(["run", "--allow-all", ...stage.before], {}, () => {}, show);
  if (code !== 0) say(`[test] ${name}: ${stage.before.join(" ")} ended with ${code}`, show);
  return code === 0;
}

async function runTests(
  stage: Stage,
  flags: readonly string[],
  targets: readonly string[],
  show: Show,
): Promise<Count> {
  const coverage = stage.isCovered ? [`--coverage=${COVERAGE_FOLDER}`] : [];
  // `deno check` leaves out the examples of comments.
  const check = stage.flags.includes("--doc") ? [] : ["--no-check"];
  const options = ["--no-prompt", ...check, ...stage.flags, ...coverage, ...flags];
  let passed = 0;
  let failed = 0;
  const { code } = await runDeno(["test", ...options, ...targets], stage.env ?? {}, (line) => {
    // The last such line is the one of all the files.
    const match = /^(?:ok|FAILED) \| (\d+) passed\b.*\| (\d+) failed\b/.exec(line);
    if (match !== null) [passed, failed] = [Number(match[1]), Number(match[2])];
  }, show);
  return { passed, failed: code !== 0 && failed === 0 ? 1 : failed };
}

async function isCoveredEnough(): Promise<boolean> {
  let lines = 0;
  let hit = 0;
  const { code } = await runDeno(
    ["coverage", "--lcov", `--include=${PURE}`, COVERAGE_FOLDER],
    {},
    (line) => {
      const [, kind, count] = /^(LF|LH):(\d+)$/.exec(line) ?? [];
      if (kind === "LF") lines += Number(count);
      if (kind === "LH") hit += Number(count);
    },
    () => {},
  );
  const percent = lines === 0 ? 0 : 100 * hit / lines;
  const isEnough = code === 0 && percent >= MIN_COVERED_PERCENT;
  const verdict = isEnough ? "" : `: FAILED, at least ${MIN_COVERED_PERCENT} % are wanted`;
  const shown = `${percent.toFixed(1)} % of ${lines} lines`;
  say(`[test] coverage of what is pure, by the unit tests: ${shown}${verdict}\n`);
  return isEnough;
}

/** Runs this very Deno in the project's folder, passes its output on, and gives each line of its stdout. */
async function runDeno(
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  onLine: (line: string) => void,
  show: Show,
): Promise<Deno.CommandStatus> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [...args],
    cwd: PROJECT,
    // Colours would stand between us and the line that counts the tests.
    env: { ...env, NO_COLOR: "1" },
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const decoder = new TextDecoder();
  let pending = "";
  for await (const chunk of child.stdout) {
    show(chunk);
    const lines = (pending + decoder.decode(chunk, { stream: true })).split(/\r?\n/);
    pending = lines.pop() ?? "";
    lines.forEach(onLine);
  }
  onLine(pending);
  return await child.status;
}

function say(line: string, show: Show = write): void {
  show(new TextEncoder().encode(line + "\n"));
}

function write(bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length;) {
    written += Deno.stdout.writeSync(bytes.subarray(written));
  }
}
