import { assert, assertEquals, assertThrows } from "@std/assert";
import { AIMS, digitsOf, judgeAims, type Judged } from "../../bench/aims.ts";
import { readFlags } from "../../bench/flags.ts";
import { type Figure, formatNumber } from "../../bench/measure/figure.ts";
import { againstTable, comparisonTable } from "../../bench/report/comparison.ts";
import { aimsTable, conditions, resultMarkdown } from "../../bench/report/markdown.ts";
import { aimsPlot } from "../../bench/report/plot.ts";
import { performanceSection } from "../../bench/report/readme.ts";
import { decodeResult, encodeResult, type Result } from "../../bench/report/result.ts";

const FIGURES: readonly Figure[] = [
  {
    key: "in_flight/1x1/p50",
    title: "1 connection, 1 in flight: p50",
    unit: "ms",
    samples: {
      floor: [0.1, 0.2, 0.123456789],
      sources: [0.11, 0.22, 0.13],
      executables: [1, 2, 3],
    },
  },
  {
    key: "failover/killed/failed",
    title: "failed <&>",
    unit: "count",
    samples: { sources: [0, 0, 1] },
  },
];

const RESULT: Result = {
  version: 1,
  suite: "requests",
  date: "2026-11-23T10:00:00.000Z",
  machine: { system: "linux", processor: "one", cores: 2, memoryGb: 8, loadBefore: 0 },
  deno: "2.9.6",
  builds: { sources: "2.9.6", executables: "2.4.2" },
  regime: "free",
  size: "full",
  pairs: 3,
  sampleMs: 1000,
  peers: { pool: "Python 3.11, multiprocessing.Pool" },
  missing: ["erlang: not installed"],
  figures: FIGURES,
};

Deno.test("every aim names a figure of a scenario, and has a limit", () => {
  const all = Object.values(AIMS).flat();
  for (const language of ["en", "es"] as const) {
    assertEquals(new Set(all.map(({ title }) => title[language])).size, all.length);
  }
  for (const { figure, limit } of all) {
    assert(/^[a-z_]+\/[\w^/]+$/.test(figure), figure);
    assert(limit >= 0);
  }
});

Deno.test("judgeAims() compares by ratio or by value, and says what was not measured", () => {
  const judged = judgeAims({ ...RESULT, builds: { sources: "" } });
  const verdicts = Object.fromEntries(judged.map(({ aim, isMet }) => [aim.figure, isMet]));
  assertEquals(verdicts["in_flight/1x1/p50"], true);
  assertEquals(verdicts["failover/killed/failed"], false, "one round is one too many");
  assertEquals(verdicts["wide_sum/p50"], undefined);
  const executables = judgeAims({ ...RESULT, builds: { executables: "" } });
  const [first] = executables;
  assertEquals([first?.value, first?.isMet], [10, false]);
  assertEquals(executables.length, judged.length + 2);
});

Deno.test("a result says of which commit it is, and whether the machine had other work", () => {
  assert(!/commit|other work/.test(conditions(RESULT)));
  const machine = { ...RESULT.machine, loadBefore: 1.01 };
  const text = conditions({ ...RESULT, commit: "1234567+", machine });
  assert(
    text.includes("- commit 1234567+\n") && text.includes("load before: 1.01 (**other work ran"),
  );
});

Deno.test("the READMEs say it as well, each in its language", () => {
  const machine = { ...RESULT.machine, loadBefore: 1.01 };
  const results = { requests: { ...RESULT, commit: "1234567+", machine } };
  for (
    const [language, of, busy] of [
      ["en", "on 2026-11-23 (commit 1234567+): 2 cores", "load before 1.01 (**other work ran: "],
      [
        "es",
        "el 2026-11-23 (commit 1234567+): 2 núcleos",
        "carga previa 1.01 (**había otro trabajo: ",
      ],
    ] as const
  ) {
    const text = performanceSection(results, language);
    assert(text.includes(of) && text.includes(busy), text);
    assert(!/commit|\(\*\*/.test(performanceSection({ requests: RESULT }, language)));
  }
});

Deno.test("an aim that was missed by little is shown with so many digits that it does not look met", () => {
  const shown = (bound: "at most" | "at least", limit: number, value: number) => {
    const aim = { ...AIMS.requests[0]!, bound, limit };
    const isMet = bound === "at most" ? value <= limit : value >= limit;
    const judged: Judged = { aim, build: "sources", value, isMet };
    return formatNumber(value, digitsOf(judged));
  };
  assertEquals(shown("at most", 1.5, 1.504), "1.504");
  assertEquals(shown("at most", 1.5, 1.5004), "1.5004");
  assertEquals(shown("at most", 1.5, 1.496), "1.5", "it was met");
  assertEquals(shown("at most", 1.5, 1.514), "1.51");
  assertEquals(shown("at least", 300_000, 299_999.7), "299,999.7");
  const [first] = judgeAims({
    ...RESULT,
    builds: { sources: "" },
    figures: [{ ...FIGURES[0]!, samples: { floor: [1], sources: [1.1504] } }],
  });
  const table = aimsTable([first!]);
  assert(table.includes("| at most 1.15 x | sources | 1.1504 x | **missed** |"), table);
});

Deno.test("tables have as many cells in each row as in their head", () => {
  const tables = [
    aimsTable(judgeAims(RESULT)),
    comparisonTable(FIGURES, RESULT),
    againstTable([{ ...FIGURES[0]!, samples: { sources: [3, 2, 1], against: [2, 1, 1] } }]),
    ...resultMarkdown(RESULT).split("\n\n").filter((block) => block.startsWith("|")),
  ];
  assert(tables.length >= 5);
  for (const table of tables) {
    const widths = table.trim().split("\n").map((row) => row.split("|").length);
    assertEquals(new Set(widths).size, 1, table);
  }
  assert(tables[1]!.includes("| 0 % |"), tables[1]);
  assert(tables[2]!.endsWith("| 2 | 1 | 1.5 x |"), tables[2]);
});

/** A map result: one peer that hangs, and a build of ours that does well. */
const MAP_RESULT: Result = {
  ...RESULT,
  suite: "map",
  figures: [
    figure("map_speed/range/per_second", "/s", { sources: [6_600_000], pool: [6_300_000] }),
    figure("map_faults/killed/hung", "count", { sources: [0], pool: [1] }),
    figure("map_faults/killed/missing", "count", { sources: [0], pool: [1234] }),
    figure("map_faults/killed/gap", "ms", { sources: [120], pool: [9000] }),
  ],
};

function figure(key: string, unit: Figure["unit"], samples: Figure["samples"]): Figure {
  return { key, title: key, unit, samples };
}

Deno.test("performanceSection() has a row for each aim and each subject, in both languages", () => {
  const results = { requests: RESULT, map: MAP_RESULT };
  const english = performanceSection(results, "en");
  const spanish = performanceSection(results, "es");
  for (
    const row of [
      "| one addition in flight, p50, to the floor | at most 1.15 x | 1.1 x, met | 10 x, **missed** |",
      "| Aula, sources | all others complete; longest gap 120 ms | - |",
      "| Python 3.11, multiprocessing.Pool | hangs; 1,234 results missing | - |",
    ]
  ) assert(english.includes(row), english);
  assert(spanish.includes("| Python 3.11, multiprocessing.Pool | se cuelga; 1 234 resultados"));
  assert(english.includes("bench/results/2026-11-23-map.svg"));
  assert(english.includes("load before 0; sources: Deno 2.9.6, executables: Deno 2.4.2"), english);
  const digits = (text: string) =>
    text.split("\n").filter((line) => line.startsWith("|")).map((line) => line.replace(/\D/g, ""));
  assertEquals(digits(spanish), digits(english));
  assert(performanceSection({}, "es").includes("`deno task bench --map`"));
});

Deno.test("a result survives being written and read, its numbers with five digits", () => {
  const read = decodeResult(encodeResult(RESULT));
  assertEquals(read.figures[0]?.samples.floor, [0.1, 0.2, 0.12346]);
  assertEquals({ ...read, figures: [] }, { ...RESULT, figures: [] });
  assertThrows(() => decodeResult('{"version":2}'), Error, '"2"');
});

Deno.test("the plot is well-formed and follows light and dark", () => {
  const svg = aimsPlot(judgeAims(RESULT), 'Aula & "friends" <2026>');
  assert(svg.includes("prefers-color-scheme: dark"));
  assert(svg.includes("Aula &amp; "));
  assert(!/NaN|Infinity|undefined/.test(svg), svg);
  const open: string[] = [];
  for (const [, slash, name, rest] of svg.matchAll(/<(\/?)([a-z]+)([^>]*)>/g)) {
    if (slash === "/") assertEquals(open.pop(), name);
    else if (!rest!.endsWith("/")) open.push(name!);
  }
  assertEquals(open, []);
});

Deno.test("readFlags() knows what is written where, and refuses what makes no sense", () => {
  assert(readFlags([])?.output?.endsWith("bench/results"));
  assertEquals(readFlags(["--quick"])?.output, undefined);
  assertEquals(readFlags(["--scenario", "memory"])?.output, undefined);
  const quick = readFlags(["--", "--quick"]);
  assertEquals([quick?.sources, quick?.executables, quick?.pairs], [true, false, 3]);
  const both = readFlags(["--sources", "--executables"]);
  assertEquals([both?.sources, both?.executables], [true, true]);
  assertEquals(readFlags(["--executables"])?.sources, false);
  const against = readFlags(["--against", "other", "--scenario", "in_flight/1x64"]);
  assertEquals([against?.against, against?.executables, against?.output], [
    "other",
    false,
    undefined,
  ]);
  assertEquals(readFlags(["--help"]), undefined);
  for (const wrong of [["--pairs", "0"], ["--regime", "fast"], ["--fast"], ["word"]]) {
    assertThrows(() => readFlags(wrong), TypeError);
  }
});
