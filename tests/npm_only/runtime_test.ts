import { assertEquals, assertRejects, assertStringIncludes, assertThrows } from "@std/assert";
import { ELF_HEADER_BYTES, elfBytes } from "../../tools/compile/elf.ts";
import {
  isKept,
  type PinnedFile,
  pinnedFile,
  type PinnedFileOptions,
} from "../../tools/compile/pinned_file.ts";
import { chooseRuntime, compilerEnvironment } from "../../tools/compile/runtime.ts";
import { thisMachine } from "../../tools/compile/targets.ts";
import { userCacheFolder, writableFolder } from "../../tools/compile/user_cache.ts";

const PROGRAM_BYTES = 1_000;

/** A program of {@linkcode PROGRAM_BYTES}: a header that says so, and content. */
function program(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(PROGRAM_BYTES).fill(7);
  bytes.set([0x7f, 0x45, 0x4c, 0x46, 2, 1]);
  const view = new DataView(bytes.buffer);
  view.setBigUint64(0x28, 872n, true);
  view.setUint16(0x3a, 64, true);
  view.setUint16(0x3c, 2, true);
  return bytes;
}

/** A cache folder, and a registry with one package, in a temporary folder. */
class Lab implements AsyncDisposable {
  /** The lines that were logged. */
  readonly lines: string[] = [];
  /** The packages that were fetched. */
  readonly fetched: string[] = [];
  readonly folder = Deno.makeTempDirSync();
  /** The file that the package has. */
  content: Uint8Array = new Uint8Array();

  readonly options: PinnedFileOptions = {
    folder: this.folder,
    log: (line) => this.lines.push(line),
    fetchPackage: async (specifier, folder) => {
      this.fetched.push(specifier);
      await Deno.writeFile(`${folder}/tool`, this.content);
      return folder;
    },
  };

  /** What is in the cache folder. */
  async names(): Promise<string[]> {
    return (await Array.fromAsync(Deno.readDir(this.folder))).map(({ name }) => name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.folder, { recursive: true });
  }
}

async function pinned(bytes: Uint8Array<ArrayBuffer>): Promise<PinnedFile> {
  const digest = await crypto.subtle.digest("SHA-256", bytes);
  return {
    name: "runtime",
    specifier: "@example/tool@1.2.3",
    path: "tool",
    sha256: new Uint8Array(digest).toHex(),
    megabytes: 1,
  };
}

Deno.test("pinnedFile() cuts off what stands behind the program, and keeps the rest", async () => {
  await using lab = new Lab();
  const file = await pinned(program());
  lab.content = new Uint8Array([...program(), ...new TextEncoder().encode("scripts")]);
  const path = await pinnedFile(file, lab.options);
  assertEquals(await Deno.readFile(path), program());
  assertEquals(await lab.names(), ["runtime"]);
  assertStringIncludes(lab.lines.join(), "@example/tool@1.2.3");
});

Deno.test("pinnedFile() fetches nothing a second time", async () => {
  await using lab = new Lab();
  lab.content = program();
  const file = await pinned(program());
  assertEquals(await pinnedFile(file, lab.options), await pinnedFile(file, lab.options));
  assertEquals(lab.fetched, ["@example/tool@1.2.3"]);
});

Deno.test("pinnedFile() refuses a program of another checksum, and keeps nothing of it", async () => {
  await using lab = new Lab();
  lab.content = program().fill(8, ELF_HEADER_BYTES);
  const file = await pinned(program());
  await assertRejects(() => pinnedFile(file, lab.options), Error, file.sha256);
  assertEquals(await lab.names(), []);
});

Deno.test("pinnedFile() refuses a download that was cut", async (t) => {
  for (const length of [0, 10, ELF_HEADER_BYTES, PROGRAM_BYTES - 1]) {
    await t.step(`${length} of ${PROGRAM_BYTES} bytes`, async () => {
      await using lab = new Lab();
      lab.content = program().slice(0, length);
      const file = await pinned(program());
      await assertRejects(() => pinnedFile(file, lab.options), Error, "Cannot");
      assertEquals(await lab.names(), []);
    });
  }
});

Deno.test("pinnedFile() fetches again what was damaged since", async () => {
  await using lab = new Lab();
  lab.content = program();
  const file = await pinned(program());
  const path = await pinnedFile(file, lab.options);
  await Deno.truncate(path, 500);
  await pinnedFile(file, lab.options);
  assertEquals(await Deno.readFile(path), program());
  assertEquals(lab.fetched.length, 2);
});

Deno.test("isKept() is false for a folder that cannot be read", async () => {
  await using lab = new Lab();
  await Deno.writeTextFile(`${lab.folder}/cache`, "");
  const file = await pinned(program());
  assertEquals(await isKept(file, `${lab.folder}/cache/aula`), false);
});

Deno.test("pinnedFile() is whole also when two ask for it at once", async () => {
  await using lab = new Lab();
  lab.content = program();
  const file = await pinned(program());
  const paths = await Promise.all([
    pinnedFile(file, lab.options),
    pinnedFile(file, lab.options),
  ]);
  for (const path of paths) assertEquals(await Deno.readFile(path), program());
  assertEquals(await lab.names(), ["runtime"]);
});

Deno.test("pinnedFile() leaves nothing behind when the package cannot be fetched", async () => {
  await using lab = new Lab();
  const options: PinnedFileOptions = {
    ...lab.options,
    fetchPackage: () => Promise.reject(new Error("Cannot fetch")),
  };
  const file = await pinned(program());
  await assertRejects(() => pinnedFile(file, options), Error, "Cannot fetch");
  assertEquals(await lab.names(), []);
});

Deno.test("elfBytes() refuses what is no ELF file", () => {
  assertEquals(elfBytes(program()), PROGRAM_BYTES);
  assertThrows(() => elfBytes(new Uint8Array(ELF_HEADER_BYTES)), TypeError, "not an ELF file");
  assertThrows(() => elfBytes(program().subarray(0, 10)), TypeError, "not an ELF file");
});

Deno.test("writableFolder() makes the folder that is wanted", async () => {
  await using lab = new Lab();
  const wanted = `${lab.folder}/a/b`;
  assertEquals(await writableFolder(wanted, `${lab.folder}/c`, lab.options.log), wanted);
  assertEquals([await lab.names(), lab.lines], [["a"], []]);
});

Deno.test("writableFolder() takes the other where the wanted one cannot be written to", async () => {
  await using lab = new Lab();
  // A file in the place of a folder stops every user, root too, whom a read-only mode does not.
  await Deno.writeTextFile(`${lab.folder}/cache`, "");
  const wanted = `${lab.folder}/cache/aula`;
  const instead = `${lab.folder}/instead`;
  assertEquals(await writableFolder(wanted, instead, lab.options.log), instead);
  assertEquals(await writableFolder(undefined, instead, lab.options.log), instead);
  assertEquals(lab.lines.length, 2);
  assertStringIncludes(lab.lines[0] ?? "", wanted);
});

Deno.test("userCacheFolder() is where each system keeps such things", () => {
  const folder = (os: string, variables: Record<string, string>) =>
    userCacheFolder(os, (name) => variables[name]);
  assertEquals(folder("linux", { HOME: "/h" }), "/h/.cache/aula");
  assertEquals(folder("linux", { HOME: "/h", XDG_CACHE_HOME: "/x" }), "/x/aula");
  assertEquals(folder("darwin", { HOME: "/h" }), "/h/Library/Caches/aula");
  assertEquals(folder("windows", { LOCALAPPDATA: "C:\\l" }), "C:\\l/aula");
  assertEquals(folder("linux", {}), undefined);
});

Deno.test("chooseRuntime() takes the file that DENORT_BIN names, and tells nobody else of it", async () => {
  await using lab = new Lab();
  using _variable = setVariable("DENORT_BIN", "/an/own/denort");
  const runtime = await chooseRuntime(thisMachine(), {
    official: false,
    folderInstead: lab.folder,
    log: lab.options.log,
  });
  assertEquals([runtime.compiler, runtime.env], [Deno.execPath(), {
    DENORT_BIN: "/an/own/denort",
  }]);
  assertStringIncludes(runtime.description, "/an/own/denort");
  assertEquals("DENORT_BIN" in compilerEnvironment(), false);
});

/** Sets a variable for as long as the test takes. */
function setVariable(name: string, value: string): Disposable {
  const before = Deno.env.get(name);
  Deno.env.set(name, value);
  return {
    [Symbol.dispose]: () =>
      before === undefined ? Deno.env.delete(name) : Deno.env.set(name, before),
  };
}
