import { type Figure, ratioToFloor, spreadFor, type Unit } from "./measure/figure.ts";

/**
 * Something that we want to reach, and where it can be read off. The aims come from the table of aims that was
 * agreed before anything was built; they are changed only together with it.
 */
export interface Aim {
  /** What is wanted. */
  readonly title: string;
  /** The figure's key. */
  readonly figure: string;
  /**
   * What is compared: the figure's ratio to the floor, the figure itself, or its ratio to another figure of
   * the same subject.
   */
  readonly of: "floor" | "itself" | { readonly figure: string };
  /** The bound. */
  readonly bound: "at most" | "at least";
  readonly limit: number;
  /** The limit's unit; a ratio has none. */
  readonly unit: Unit;
  /** The only build that it is said of. */
  readonly build?: "executables";
}

/** The aims, in the order of their table. */
export const AIMS: readonly Aim[] = [
  ratioAim("one addition in flight, p50", "in_flight/1x1/p50", "at most", 1.15),
  ratioAim("one addition in flight, p99", "in_flight/1x1/p99", "at most", 2),
  ratioAim("additions, 64 in flight on one connection", perSecond("1x64"), "at least", 0.5),
  ratioAim("additions, 256 in flight on one connection", perSecond("1x256"), "at least", 0.4),
  ratioAim("additions, 64 connections with 16 in flight", perSecond("64x16"), "at least", 0.4),
  {
    // The rate's floor over ours is what a request costs us against what it costs the floor.
    ...ratioAim("additions over 200 workers, 64 in flight", "", "at least", 1 / 1.3),
    figure: "worker_count/200x64/per_second",
  },
  {
    title: "one addition in flight, 200 workers against 2",
    figure: "worker_count/200x1/p50",
    of: { figure: "worker_count/2x1/p50" },
    bound: "at most",
    limit: 1.2,
    unit: "ratio",
  },
  valueAim("memory of one of 10,000 idle connections", "idle_connections/bytes", 10_000, "bytes"),
  {
    ...valueAim("throughput beside them against without", "idle_connections/throughput", 0.95),
    bound: "at least",
  },
  valueAim(
    "sum of squares to 10^30 against an addition, p50",
    "sum_squares/10^30/against_add",
    1.2,
  ),
  ratioAim("sum of squares over 1,000 workers, p50", "wide_sum/p50", "at most", 1.5),
  valueAim("memory of the server at rest", "memory/rest_server", 80, "MB"),
  valueAim(
    "memory of the server with 100,000 in flight",
    "memory/flood_server",
    200,
    "MB",
  ),
  valueAim(
    "longest pause when a worker is killed, 64 in flight",
    "failover/killed/pause",
    25,
    "ms",
  ),
  valueAim("requests failed when a worker is killed", "failover/killed/failed", 0, "count"),
  executablesAim("start of a cluster to its first reply", "start_up/cluster", 150),
  executablesAim("one run of the client, start to end", "start_up/client", 60),
  {
    ...valueAim("lines a second through client --batch", "batch/per_second", 300_000, "/s"),
    bound: "at least",
  },
];

/** An aim beside what was measured. */
export interface Judged {
  readonly aim: Aim;
  /** The build it was measured with. */
  readonly build: string;
  /** What was measured; `undefined` if this run did not. */
  readonly value: number | undefined;
  /** Whether it was reached; `undefined` if it was not measured. */
  readonly isMet: boolean | undefined;
}

/** Every aim with what was measured, for one build. */
export function judgeAims(figures: readonly Figure[], build: string): Judged[] {
  const byKey = new Map(figures.map((figure) => [figure.key, figure]));
  return AIMS.filter((aim) => aim.build === undefined || aim.build === build).map((aim) => {
    const value = valueOf(aim, byKey, build);
    const isMet = value === undefined
      ? undefined
      : aim.bound === "at most"
      ? value <= aim.limit
      : value >= aim.limit;
    return { aim, build, value, isMet };
  });
}

function valueOf(
  aim: Aim,
  figures: ReadonlyMap<string, Figure>,
  build: string,
): number | undefined {
  const figure = figures.get(aim.figure);
  if (figure === undefined) return undefined;
  if (aim.of === "floor") return ratioToFloor(figure, build);
  const value = spreadFor(figure, build)?.median;
  if (aim.of === "itself" || value === undefined) return value;
  const other = figures.get(aim.of.figure);
  const base = other === undefined ? undefined : spreadFor(other, build)?.median;
  return base === undefined ? undefined : value / base;
}

function perSecond(load: string): string {
  return `in_flight/${load}/per_second`;
}

function ratioAim(title: string, figure: string, bound: Aim["bound"], limit: number): Aim {
  return { title: `${title}, to the floor`, figure, of: "floor", bound, limit, unit: "ratio" };
}

function valueAim(title: string, figure: string, limit: number, unit: Unit = "ratio"): Aim {
  return { title, figure, of: "itself", bound: "at most", limit, unit };
}

function executablesAim(title: string, figure: string, limitMs: number): Aim {
  return { ...valueAim(title, figure, limitMs, "ms"), build: "executables" };
}
