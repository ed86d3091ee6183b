import {
  digitsOf,
  judgeAims,
  type Judged,
  type Language,
  type Suite,
  type Texts,
} from "../aims.ts";
import { formatNumber } from "../measure/figure.ts";
import { table, withUnit } from "./markdown.ts";
import { isBusy, nameOf, type Result } from "./result.ts";
import { subjectTables } from "./subject_tables.ts";

/** The results that are shown, those that there are. */
export type Results = Readonly<Partial<Record<Suite, Result>>>;

/** What stands in a README about the newest results, in its language. */
export function performanceSection(results: Results, language: Language): string {
  const parts = (["requests", "map"] as const).map((suite) => {
    const result = results[suite];
    const heading = `### ${TITLES[suite][language]}`;
    return [heading, ...(result === undefined ? [NONE[suite][language]] : shown(result, language))];
  });
  return parts.flat().join("\n\n");
}

function shown(result: Result, language: Language): string[] {
  const date = result.date.slice(0, 10);
  const plot = `![${PLOT[language]}, ${date}](bench/results/${nameOf(result)}.svg)`;
  const tables = [verdicts(result, language), ...subjectTables(result, language)];
  return [head(result, language), ...tables.map((one) => inLanguage(one, language)), plot];
}

/** Under which conditions it was measured. */
function head(result: Result, language: Language): string {
  const { machine, commit, builds, pairs, missing } = result;
  const date = result.date.slice(0, 10);
  const versions = Object.entries(builds).map(([build, version]) =>
    `${BUILDS[build]?.[language] ?? build}: Deno ${version}`
  );
  // What was not measured is named; why stands in the result itself.
  const absent = missing.map((why) => why.split(":", 1)[0]!).join(", ");
  const { system, processor, cores, memoryGb, loadBefore } = machine;
  const load = formatNumber(loadBefore) + (isBusy(machine) ? ` (**${BUSY[language]}**)` : "");
  const of = commit === undefined ? "" : ` (commit ${commit})`;
  const texts = {
    en:
      `Measured on ${date}${of}: ${cores} cores (${processor}), ${memoryGb} GB, ${system}, load before ` +
      `${load}; ${
        versions.join(", ")
      }; medians over ${pairs} rounds (fewer where one takes long).` +
      (absent === "" ? "" : ` Not measured: ${absent}.`),
    es:
      `Medido el ${date}${of}: ${cores} núcleos (${processor}), ${memoryGb} GB, ${system}, carga previa ` +
      `${load}; ${
        versions.join(", ")
      }; medianas de ${pairs} rondas (menos donde una tarda mucho).` +
      (absent === "" ? "" : ` Sin medir: ${absent}.`),
  };
  return texts[language];
}

/** The aims, a row each, a column for each build. */
function verdicts(result: Result, language: Language): string {
  const builds = Object.keys(result.builds);
  const byAim = Map.groupBy(judgeAims(result), ({ aim }) => aim);
  const rows = [...byAim].map(([aim, judged]) => {
    const cells = builds.map((build) =>
      verdict(judged.find((one) => one.build === build), language)
    );
    const bound = `${BOUNDS[aim.bound][language]} ${withUnit(aim.limit, aim.unit)}`;
    return [aim.title[language], bound, ...cells];
  });
  const names = builds.map((build) => BUILDS[build]?.[language] ?? build);
  return table([...AIMS_HEAD[language], ...names], rows);
}

function verdict(judged: Judged | undefined, language: Language): string {
  if (judged?.value === undefined) return "-";
  const verdict = (judged.isMet ? MET : MISSED)[language];
  return `${withUnit(judged.value, judged.aim.unit, digitsOf(judged))}, ${verdict}`;
}

/** Thousands are set apart by a space in Spanish. */
function inLanguage(text: string, language: Language): string {
  return language === "en" ? text : text.replaceAll(/(?<=\d),(?=\d{3})/g, " ");
}

const TITLES: Readonly<Record<Suite, Texts>> = {
  requests: { en: "Requests", es: "Solicitudes" },
  map: { en: "A function of your own", es: "Una función propia" },
};
const NONE: Readonly<Record<Suite, Texts>> = {
  requests: {
    en: "No result has been kept yet: `deno task bench` makes one.",
    es: "Todavía no se guarda ningún resultado: `deno task bench` produce uno.",
  },
  map: {
    en: "No result has been kept yet: `deno task bench --map` makes one.",
    es: "Todavía no se guarda ningún resultado: `deno task bench --map` produce uno.",
  },
};
const BUILDS: Readonly<Record<string, Texts>> = {
  sources: { en: "sources", es: "fuentes" },
  executables: { en: "executables", es: "ejecutables" },
};
const BUSY = {
  en: "other work ran: compare with care",
  es: "había otro trabajo: compárese con cuidado",
};
const BOUNDS = {
  "at most": { en: "at most", es: "a lo sumo" },
  "at least": { en: "at least", es: "al menos" },
};
const AIMS_HEAD = { en: ["aim", "limit"], es: ["objetivo", "límite"] };
const PLOT = {
  en: "Every aim as a bar: how far it was met or missed",
  es: "Cada objetivo como una barra: por cuánto se cumplió o no",
};
const MET = { en: "met", es: "cumplido" };
const MISSED = { en: "**missed**", es: "**no cumplido**" };
