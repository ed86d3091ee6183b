import { type ClusterOptions, startCluster, startFloor, type Target } from "../cluster/cluster.ts";
import type { Programs } from "../cluster/programs.ts";
import type { Regime } from "../cluster/regime.ts";
import type { ExerciseOptions } from "../load/exercise.ts";
import { Generator, MANY_FILES } from "../load/generator.ts";
import type { Shape } from "../load/job.ts";
import { type Figure, FLOOR } from "../measure/figure.ts";
import { type Measure, measureRounds } from "../measure/rounds.ts";
import { loadFigures, measureLoad } from "./load_measures.ts";
import { type Context, pick } from "./scenario.ts";

/** One load, which is sent to all targets of a scenario. */
export interface Load {
  /** The beginning of its figures' keys: the scenario, and what varies. */
  readonly key: string;
  readonly title: string;
  readonly shape: Shape;
  /**
   * The shape that the floor gets.
   *
   * @default {the same}
   */
  readonly floorShape?: Shape;
  /**
   * What is asked; the floor gives it back.
   *
   * @default {{}}
   */
  readonly exercises?: Omit<ExerciseOptions, "style">;
  /**
   * Which figures are kept.
   *
   * @default {all}
   */
  readonly aspects?: readonly string[];
}

/** How code is made warm: V8 compiles what has run often, and this runs often. */
const WARMING = { kind: "closed", connections: 1, window: 64 } as const;
/** For how long: from about 200,000 requests on, nothing gets faster any more. */
const WARMING_MS = { full: 2500, quick: 1000, tiny: 0 };

/** What loads are sent to. */
export interface Setup {
  /**
   * The clusters, one of each build.
   *
   * @default {{}}
   */
  readonly cluster?: Omit<ClusterOptions, "programs" | "regime">;
  /**
   * What stands beside them; `undefined` for nothing.
   *
   * @default {the raw relay}
   */
  readonly floor?: ((regime: Regime) => Promise<Target>) | undefined;
  /**
   * How they are made warm.
   *
   * @default {64 in flight on one connection}
   */
  readonly warming?: Shape;
}

/** Targets by the subject's name. */
export interface Targets extends AsyncDisposable {
  readonly all: ReadonlyMap<string, Target>;
}

/** Starts a cluster of each build, and the floor beside them. */
export async function startTargets(
  context: Pick<Context, "builds" | "regime">,
  { cluster = {}, floor }: Setup,
): Promise<Targets> {
  const { builds, regime } = context;
  await using stack = new AsyncDisposableStack();
  const all = new Map<string, Target>();
  if (floor !== undefined) all.set(FLOOR, stack.use(await floor(regime)));
  for (const programs of builds) {
    all.set(programs.name, stack.use(await startCluster({ programs, regime, ...cluster })));
  }
  const kept = stack.move();
  return { all, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Has a target run until its code is as fast as it gets; what is measured before is the compiler. */
export async function warm(
  context: Context,
  target: Target,
  exercises: ExerciseOptions,
  shape: Shape = WARMING,
): Promise<void> {
  const sampleMs = pick(context, WARMING_MS);
  if (sampleMs > 0) await measureLoad({ ...context, sampleMs }, target, shape, exercises);
}

/**
 * Sends loads to a cluster of each build and to the floor, one load after the other, all subjects in each round.
 * What is asked is asked for a while before, and every load is sent once without being counted.
 */
export async function measureLoads(
  context: Context,
  loads: readonly Load[],
  setup: Setup = {},
): Promise<Figure[]> {
  const wanted = loads.filter(({ key }) => context.isWanted(key));
  if (wanted.length === 0) return [];
  await using targets = await startTargets(context, { floor: startFloor, ...setup });
  const figures: Figure[] = [];
  const warmed = new Set<Load["exercises"]>();
  for (const { key, title, shape, floorShape = shape, exercises, aspects } of wanted) {
    context.note(title);
    for (const [name, target] of warmed.has(exercises) ? [] : targets.all) {
      await warm(context, target, { ...exercises, style: styleOf(name) }, setup.warming);
    }
    warmed.add(exercises);
    await using stack = new AsyncDisposableStack();
    const subjects = new Map<string, Measure>();
    for (const [name, target] of targets.all) {
      const style = styleOf(name);
      const generator = shape.kind === "closed" && shape.areKept
        ? stack.use(new Generator(context.regime, MANY_FILES))
        : context.generator;
      const options = { ...exercises, style };
      const own = name === FLOOR ? floorShape : shape;
      subjects.set(name, () => measureLoad({ ...context, generator }, target, own, options));
    }
    await measureRounds(1, subjects);
    const rounds = await measureRounds(context.pairs, subjects);
    figures.push(...loadFigures(rounds, key, title, aspects));
  }
  return figures;
}

function styleOf(subject: string): "echo" | "aula" {
  return subject === FLOOR ? "echo" : "aula";
}

/** The same measurement of every build. */
export function eachBuild(
  context: Context,
  measure: (programs: Programs) => ReturnType<Measure>,
): Map<string, Measure> {
  return new Map(context.builds.map((programs) => [programs.name, () => measure(programs)]));
}

/** `1 connection`, `64 connections`. */
export function connectionsText(count: number): string {
  return `${count.toLocaleString("en-US")} connection${count > 1 ? "s" : ""}`;
}
