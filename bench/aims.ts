import {
  DIGITS,
  type Figure,
  formatNumber,
  ratioToFloor,
  spreadFor,
  type Unit,
} from "./measure/figure.ts";

/** The languages in which results are shown. */
export type Language = "en" | "es";

/** A text in each of them. */
export type Texts = Readonly<Record<Language, string>>;

/**
 * Something that we want to reach, and where it can be read off. The aims come from the tables of aims that
 * were agreed before anything was built; they are changed only together with them.
 */
export interface Aim {
  /** What is wanted. */
  readonly title: Texts;
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
  /** The limit's unit. */
  readonly unit: Unit;
  /** What stands for all rounds: the middle one, or the worst where nothing may ever go wrong. */
  readonly judgedBy?: "worst";
  /** The only build that it is said of. */
  readonly build?: "executables";
}

/** The aims of requests, in the order of their table. */
const REQUEST_AIMS: readonly Aim[] = [
  toFloor("in_flight/1x1/p50", "at most", 1.15, {
    en: "one addition in flight, p50",
    es: "una suma en vuelo, p50",
  }),
  toFloor("in_flight/1x1/p99", "at most", 2, {
    en: "one addition in flight, p99",
    es: "una suma en vuelo, p99",
  }),
  toFloor("in_flight/1x64/per_second", "at least", 0.5, {
    en: "additions, 64 in flight on one connection",
    es: "sumas, 64 en vuelo en una conexión",
  }),
  toFloor("in_flight/1x256/per_second", "at least", 0.4, {
    en: "additions, 256 in flight on one connection",
    es: "sumas, 256 en vuelo en una conexión",
  }),
  toFloor("in_flight/64x16/per_second", "at least", 0.4, {
    en: "additions, 64 connections with 16 in flight",
    es: "sumas, 64 conexiones con 16 en vuelo",
  }),
  // The rate's floor over ours is what a request costs us against what it costs the floor.
  toFloor("worker_count/200x64/per_second", "at least", 1 / 1.3, {
    en: "additions over 200 workers, 64 in flight",
    es: "sumas con 200 workers, 64 en vuelo",
  }),
  {
    ...itself("worker_count/200x1/p50", "at most", 1.2, "ratio", {
      en: "one addition in flight, 200 workers against 2",
      es: "una suma en vuelo, 200 workers frente a 2",
    }),
    of: { figure: "worker_count/2x1/p50" },
  },
  itself("idle_connections/bytes", "at most", 10_000, "bytes", {
    en: "memory of one of 10,000 idle connections",
    es: "memoria de una de 10 000 conexiones ociosas",
  }),
  itself("idle_connections/throughput", "at least", 0.95, "ratio", {
    en: "throughput beside them against without",
    es: "caudal junto a ellas frente a sin ellas",
  }),
  itself("sum_squares/10^30/against_add", "at most", 1.2, "ratio", {
    en: "sum of squares to 10^30 against an addition, p50",
    es: "suma de cuadrados hasta 10^30 frente a una suma, p50",
  }),
  toFloor("wide_sum/p50", "at most", 1.5, {
    en: "sum of squares over 1,000 workers, p50",
    es: "suma de cuadrados con 1 000 workers, p50",
  }),
  itself("memory/rest_server", "at most", 80, "MB", {
    en: "memory of the server at rest",
    es: "memoria del servidor en reposo",
  }),
  itself("memory/flood_server", "at most", 200, "MB", {
    en: "memory of the server with 100,000 in flight",
    es: "memoria del servidor con 100 000 en vuelo",
  }),
  worst("failover/killed/pause", "at most", 25, "ms", {
    en: "longest pause when a worker is killed, 64 in flight",
    es: "pausa más larga al matar un worker, 64 en vuelo",
  }),
  worst("failover/killed/failed", "at most", 0, "count", {
    en: "requests failed when a worker is killed",
    es: "solicitudes fallidas al matar un worker",
  }),
  ofExecutables("start_up/cluster", 150, {
    en: "start of a cluster to its first reply",
    es: "arranque de un clúster hasta su primera respuesta",
  }),
  ofExecutables("start_up/client", 60, {
    en: "one run of the client, start to end",
    es: "el cliente una vez, de principio a fin",
  }),
  itself("batch/per_second", "at least", 300_000, "/s", {
    en: "lines through client --batch",
    es: "líneas por client --batch",
  }),
];

/** The aims of `client map`, 2 workers with one slot each, in the order of their table. */
const MAP_AIMS: readonly Aim[] = [
  itself("map_speed/range/per_second", "at least", 6_500_000, "/s", {
    en: "a trivial function over a range, results as lines",
    es: "una función trivial sobre un rango, resultados como líneas",
  }),
  itself("map_speed/lines/per_second", "at least", 2_500_000, "/s", {
    en: "the same over a file of JSON lines",
    es: "lo mismo sobre un archivo de líneas JSON",
  }),
  itself("map_efficiency/short/efficiency", "at least", 0.95, "share", {
    en: "efficiency, 0.1 ms an item",
    es: "eficiencia, 0.1 ms por elemento",
  }),
  itself("map_efficiency/long/efficiency", "at least", 0.97, "share", {
    en: "efficiency, 5 ms an item",
    es: "eficiencia, 5 ms por elemento",
  }),
  itself("map_efficiency/sum/efficiency", "at least", 0.95, "share", {
    en: "efficiency, a cheap sum with mapRange",
    es: "eficiencia, una suma barata con mapRange",
  }),
  worst("map_faults/killed/missing", "at most", 0, "count", {
    en: "results missing or wrong when a worker is killed",
    es: "resultados que faltan o no son correctos al matar un worker",
  }),
  worst("map_faults/killed/gap", "at most", 150, "ms", {
    en: "longest gap when a worker is killed",
    es: "pausa más larga al matar un worker",
  }),
  worst("map_faults/poison/named", "at least", 1, "count", {
    en: "items named of one that eats all memory",
    es: "elementos nombrados de uno que se come toda la memoria",
  }),
  worst("map_faults/poison/missing", "at most", 0, "count", {
    en: "results of the others missing or wrong",
    es: "resultados de los demás que faltan o no son correctos",
  }),
  worst("map_faults/poison/gap", "at most", 1000, "ms", {
    en: "longest gap beside it",
    es: "pausa más larga junto a él",
  }),
  itself("map_start/first", "at most", 100, "ms", {
    en: "start of the client to the first result",
    es: "arranque del cliente hasta el primer resultado",
  }),
];

/** What a run measures: requests, or a user's own function over many inputs. */
export type Suite = "requests" | "map";

/** All aims. */
export const AIMS: Readonly<Record<Suite, readonly Aim[]>> = {
  requests: REQUEST_AIMS,
  map: MAP_AIMS,
};

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

/** What a run measured, as far as the aims go. */
export interface Measured {
  readonly suite: Suite;
  /** By name. */
  readonly builds: Readonly<Record<string, unknown>>;
  readonly figures: readonly Figure[];
}

/** Every aim with what was measured, build after build. */
export function judgeAims({ suite, builds, figures }: Measured): Judged[] {
  const byKey = new Map(figures.map((figure) => [figure.key, figure]));
  return Object.keys(builds).flatMap((build) => judgeBuild(AIMS[suite], byKey, build));
}

/** More is noise, whatever is said of it. */
const MOST_DIGITS = 6;

/** The digits with which a value is shown: so many that one that missed its limit does not look like it. */
export function digitsOf({ aim, value, isMet }: Judged): number {
  let digits = DIGITS;
  if (isMet !== false || value === undefined) return digits;
  const limit = formatNumber(aim.limit);
  while (formatNumber(value, digits) === limit && digits < MOST_DIGITS) digits++;
  return digits;
}

function judgeBuild(
  aims: readonly Aim[],
  byKey: ReadonlyMap<string, Figure>,
  build: string,
): Judged[] {
  return aims.filter((aim) => aim.build === undefined || aim.build === build).map((aim) => {
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
  const samples = figure.samples[build] ?? [];
  if (aim.judgedBy === "worst" && samples.length > 0) {
    return aim.bound === "at most" ? Math.max(...samples) : Math.min(...samples);
  }
  const value = spreadFor(figure, build)?.median;
  if (aim.of === "itself" || value === undefined) return value;
  const other = figures.get(aim.of.figure);
  const base = other === undefined ? undefined : spreadFor(other, build)?.median;
  return base === undefined ? undefined : value / base;
}

function toFloor(figure: string, bound: Aim["bound"], limit: number, title: Texts): Aim {
  const { en, es } = title;
  const both = { en: `${en}, to the floor`, es: `${es}, frente al suelo` };
  return { title: both, figure, of: "floor", bound, limit, unit: "ratio" };
}

function itself(
  figure: string,
  bound: Aim["bound"],
  limit: number,
  unit: Unit,
  title: Texts,
): Aim {
  return { title, figure, of: "itself", bound, limit, unit };
}

function ofExecutables(figure: string, limitMs: number, title: Texts): Aim {
  return { ...itself(figure, "at most", limitMs, "ms", title), build: "executables" };
}

function worst(
  figure: string,
  bound: Aim["bound"],
  limit: number,
  unit: Unit,
  { en, es }: Texts,
): Aim {
  const title = { en: `${en} (worst round)`, es: `${es} (la peor ronda)` };
  return { ...itself(figure, bound, limit, unit, title), judgedBy: "worst" };
}
