import type { Language, Texts } from "../aims.ts";
import { type Figure, FLOOR, spreadFor } from "../measure/figure.ts";
import { table, withUnit } from "./markdown.ts";
import type { Result } from "./result.ts";

/** What builds and the floor are called; peers have a title of their own. */
export const SUBJECTS: Readonly<Record<string, Texts>> = {
  [FLOOR]: { en: "floor", es: "suelo" },
  sources: { en: "Aula, sources", es: "Aula, fuentes" },
  executables: { en: "Aula, executables", es: "Aula, ejecutables" },
  two_deno: {
    en: "two processes of Deno, without a cluster",
    es: "dos procesos de Deno, sin clúster",
  },
  two_python: {
    en: "two processes of Python, without a cluster",
    es: "dos procesos de Python, sin clúster",
  },
};

/** The tables of a result beside its aims: us and others, a row each. */
export function subjectTables(result: Result, language: Language): string[] {
  const figures = new Map(result.figures.map((figure) => [figure.key, figure]));
  const tables = result.suite === "requests" ? [PEERS] : [SPEEDS, FAULTS];
  return tables.flatMap((columns) => {
    const subjects = new Set(
      columns.flatMap(({ keys }) =>
        keys.flatMap((key) => Object.keys(figures.get(key)?.samples ?? {}))
      ),
    );
    if (subjects.size === 0) return [];
    const rows = [...subjects].map((subject) => {
      const cells = columns.map(({ keys, cell }) => {
        const values = keys.map((key) => medianOf(figures.get(key), subject));
        return cell(values, language);
      });
      return [SUBJECTS[subject]?.[language] ?? peerTitle(result, subject, language), ...cells];
    });
    return [table(["", ...columns.map(({ title }) => title[language])], rows)];
  });
}

function peerTitle({ peers }: Result, name: string, language: Language): string {
  const title = peers[name] ?? name;
  return language === "en" ? title : SPANISH.reduce(
    (text, [english, spanish]) => text.replace(english, spanish),
    title,
  );
}

/** What stands in the titles of peers beside names. */
const SPANISH = [
  ["the original design", "el diseño original"],
  ["Deno as filter", "Deno como filtro"],
] as const;

/** A column, made of the figures of some keys. */
interface Column {
  readonly title: Texts;
  readonly keys: readonly string[];
  readonly cell: (values: readonly (number | undefined)[], language: Language) => string;
}

const PEERS: readonly Column[] = [
  plain("peers/p50", "ms", { en: "one addition, p50", es: "una suma, p50" }),
  plain("peers/p99", "ms", { en: "p99", es: "p99" }),
  plain("peers/per_second", "/s", { en: "additions, plain calls", es: "sumas, llamadas simples" }),
];

const SPEEDS: readonly Column[] = [
  plain("map_speed/range/per_second", "/s", {
    en: "items of a range, trivial function",
    es: "elementos de un rango, función trivial",
  }),
  plain("map_speed/lines/per_second", "/s", { en: "JSON lines", es: "líneas JSON" }),
  plain("map_efficiency/short/efficiency", "share", {
    en: "efficiency, 0.1 ms an item",
    es: "eficiencia, 0.1 ms por elemento",
  }),
  plain("map_efficiency/long/efficiency", "share", { en: "5 ms an item", es: "5 ms por elemento" }),
  plain("map_efficiency/sum/efficiency", "share", { en: "cheap sum", es: "suma barata" }),
];

const FAULTS: readonly Column[] = [
  faults("killed", { en: "`kill -9` of a worker", es: "`kill -9` a un worker" }),
  faults("poison", {
    en: "one item that eats all memory (of peers: kills its process)",
    es: "un elemento que se come toda la memoria (en los demás: mata su proceso)",
  }),
];

function plain(key: string, unit: Figure["unit"], title: Texts): Column {
  const cell = ([value]: readonly (number | undefined)[]) =>
    value === undefined ? "-" : withUnit(value, unit);
  return { title, keys: [key], cell };
}

/** What became of a job with a fault: whether it ended, what is missing, what was named, the longest gap. */
function faults(fault: string, title: Texts): Column {
  const keys = ["hung", "missing", "named", "gap"].map((what) => `map_faults/${fault}/${what}`);
  const cell: Column["cell"] = ([hung, missing, named, gap], language) => {
    if (hung === undefined || missing === undefined || gap === undefined) return "-";
    const words = [
      missing === 0 ? COMPLETE[language] : `${withUnit(missing, "count")} ${MISSING[language]}`,
      ...(named === undefined ? [] : [(named > 0 ? NAMED : NOT_NAMED)[language]]),
    ];
    if (hung > 0) return [HANGS[language], ...words].join("; ");
    return [...words, `${GAP[language]} ${withUnit(gap, "ms")}`].join("; ");
  };
  return { title, keys, cell };
}

function medianOf(figure: Figure | undefined, subject: string): number | undefined {
  return figure && spreadFor(figure, subject)?.median;
}

const COMPLETE: Texts = { en: "all others complete", es: "todo lo demás completo" };
const MISSING: Texts = { en: "results missing", es: "resultados faltan" };
const NAMED: Texts = { en: "the item is named", es: "el elemento se nombra" };
const NOT_NAMED: Texts = { en: "the item is not named", es: "el elemento no se nombra" };
const HANGS: Texts = { en: "hangs", es: "se cuelga" };
const GAP: Texts = { en: "longest gap", es: "pausa más larga" };
