import { assert, assertEquals } from "@std/assert";
import { VERSION } from "../../src/version.ts";
import { fromFileUrl, PROJECT } from "../support/paths.ts";

/** What each role may import: all but the command line and the other roles. */
const ROLE = ["protocol", "operations", "jobs", "scheduling", "net"];

/** What each folder of src may import, beside itself, limits.ts and version.ts. */
const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  protocol: [],
  operations: ["protocol"],
  jobs: ["protocol"],
  scheduling: ["protocol", "operations", "jobs"],
  net: ["protocol"],
  slot: ["protocol", "jobs", "net"],
  worker: ROLE,
  server: ROLE,
  client: ROLE,
  cli: [...ROLE, "worker", "server", "client"],
};
const FOR_ALL = ["limits.ts", "version.ts"];

/** Folders without sockets, clock and chance; so are the files named machine.ts in any folder, and src/worker/jobs. */
const PURE_FOLDERS = ["protocol", "operations", "jobs", "scheduling"];

/** What reaches beyond the arguments of a function. */
const EFFECTS =
  /\bDeno\b|\bprocess\b|\bperformance\b|\bDate\b|\bset(?:Timeout|Interval|Immediate)\b|\bqueueMicrotask\b|\bMath\.random\b|\bcrypto\b|\bfetch\b|\bconsole\b|\bglobalThis\b|\bnavigator\b|\bawait\b|\basync\b/;

/** Where a socket may be opened, read, written or closed, and the clock be read. */
const SOCKETS = /\bDeno\.(?:listen|connect|Tcp|Listener|Conn)\w*/;
const CLOCK = /\bperformance\.now\b|\bDate\b/;

/** Comments, and texts, of which the targets of imports are kept. */
const COMMENT = String.raw`\/\*[\s\S]*?\*\/|\/\/[^\n]*`;
const TEXT = String.raw`"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'`;
const TOKENS = new RegExp(
  String.raw`${COMMENT}|(\b(?:from|import)\s*\(?\s*(?:${TEXT}))|${TEXT}`,
  "g",
);

const MAX_FILE_LINES = 400;
const MAX_LINE_CHARACTERS = 120;

interface Source {
  /** From src on: `protocol/framing.ts`. */
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  /** Without comments and texts. */
  readonly code: string;
  readonly imports: readonly string[];
}

const sources = await readSources(new URL("src/", PROJECT));

Deno.test("the folders of src are those that the layers name", () => {
  const folders = new Set(sources.map(({ folder }) => folder).filter((folder) => folder !== ""));
  assertEquals([...folders].sort(), Object.keys(MAY_IMPORT).sort());
});

Deno.test("dependencies between the folders of src point one way", () => {
  for (const { path, folder, imports } of sources) {
    for (const target of imports.filter((one) => one.startsWith("src/"))) {
      const [, to = "", ...rest] = target.split("/");
      const isForAll = rest.length === 0 && FOR_ALL.includes(to);
      const isAllowed = to === folder || MAY_IMPORT[folder]?.includes(to);
      assert(isForAll || isAllowed, `src/${path} imports ${target}`);
    }
  }
});

/**
 * What reads users' modules, and the packages that only these load, and only when there is a module to read. They
 * are named with their version, as a program that imports mod.ts does not know the names of deno.json.
 */
const MODULE_READERS: Readonly<Record<string, readonly string[]>> = {
  "client/map/prepare_module.ts": ["npm:amaro@1.2.1", "npm:es-module-lexer@2.3.2"],
};

Deno.test("packages that are named with their version are those of deno.json", async () => {
  const { imports } = JSON.parse(await Deno.readTextFile(new URL("deno.json", PROJECT)));
  for (const target of Object.values(MODULE_READERS).flat()) {
    assert(Object.values(imports).includes(target), `deno.json has not ${target}`);
  }
});

Deno.test("src imports nothing of the project but src", () => {
  for (const { path, imports } of sources) {
    for (const target of imports) {
      const isOurs = target.startsWith("src/") || target.startsWith("node:") ||
        MODULE_READERS[path]?.includes(target);
      assert(isOurs || target.startsWith("@std/"), `src/${path} imports ${target}`);
    }
  }
});

Deno.test("what is pure, with all that it imports, has no effect and reads no clock, timer or chance", () => {
  const reached = reachedFrom(sources.filter(isPure));
  assert(reached.length > 30, "the list of pure files is the right one");
  for (const { path, folder, code } of reached) {
    assert(folder !== "net" && folder !== "cli", `something pure imports src/${path}`);
    assertEquals(EFFECTS.exec(code)?.[0], undefined, `src/${path}`);
  }
});

Deno.test("only src/net has to do with sockets and reads the clock", () => {
  for (const { path, folder, code } of sources.filter(({ folder }) => folder !== "net")) {
    assertEquals(SOCKETS.exec(code)?.[0], undefined, `src/${path} (${folder})`);
    assertEquals(CLOCK.exec(code)?.[0], undefined, `src/${path} (${folder})`);
  }
});

Deno.test("mod.ts only exports, and each role's script imports only src", async () => {
  const mod = codeOf(await Deno.readTextFile(new URL("mod.ts", PROJECT)));
  assertEquals(
    mod.replace(/export \{[^}]*\} from "[^"]*";|export type \{[^}]*\} from "[^"]*";/g, "").trim(),
    "",
  );
  for (const role of ["worker", "calc_server", "client"]) {
    const text = await Deno.readTextFile(new URL(`${role}.ts`, PROJECT));
    for (const target of importsOf(text, "")) {
      assert(target.startsWith("src/"), `${role}.ts imports ${target}`);
    }
  }
});

Deno.test("src/version.ts says the version of deno.json", async () => {
  const config = JSON.parse(await Deno.readTextFile(new URL("deno.json", PROJECT)));
  assertEquals(VERSION, config.version);
});

Deno.test(`no file of src has more than ${MAX_FILE_LINES} lines, or very long ones`, () => {
  for (const { path, text } of sources) {
    const lines = text.trimEnd().split("\n");
    assert(lines.length <= MAX_FILE_LINES, `src/${path} has ${lines.length} lines`);
    const longest = Math.max(...lines.map((line) => line.length));
    assert(longest <= MAX_LINE_CHARACTERS, `src/${path} has a line of ${longest} characters`);
  }
});

function isPure({ path, folder }: Source): boolean {
  return PURE_FOLDERS.includes(folder) || path.startsWith("worker/jobs/") ||
    path.endsWith("/machine.ts") || FOR_ALL.includes(path);
}

/** The given files and all that they import, however indirectly. */
function reachedFrom(roots: readonly Source[]): Source[] {
  const reached = new Set(roots);
  // A set gives what is added while one goes over it.
  for (const { imports } of reached) {
    for (const one of sources) if (imports.includes(`src/${one.path}`)) reached.add(one);
  }
  return [...reached];
}

async function readSources(folder: URL, prefix = ""): Promise<Source[]> {
  const found: Source[] = [];
  for await (const { name, isDirectory } of Deno.readDir(fromFileUrl(folder))) {
    const path = prefix + name;
    if (isDirectory) found.push(...await readSources(new URL(`${name}/`, folder), `${path}/`));
    else if (name.endsWith(".ts")) {
      const text = await Deno.readTextFile(new URL(name, folder));
      const imports = importsOf(text, `src/${path}`);
      found.push({ path, folder: prefix.split("/")[0]!, text, code: codeOf(text), imports });
    }
  }
  return found;
}

/** What a module imports, re-exports or loads: paths from the project's folder, or names of packages. */
function importsOf(text: string, path: string): string[] {
  const pattern = /\b(?:from|import)\s*\(?\s*["']([^"']+)["']/g;
  const base = `file:///${path}`;
  return [...codeOf(text).matchAll(pattern)].map(([, target = ""]) =>
    target.startsWith(".") ? new URL(target, base).pathname.slice(1) : target
  );
}

/** A module without its comments and texts, but for the targets of imports. */
function codeOf(text: string): string {
  return text.replace(TOKENS, (_match, target: string | undefined) => target ?? "");
}
