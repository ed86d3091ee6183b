import { assertEquals } from "@std/assert";
import { MAX_CODE_BYTES, MAX_KEPT_CODE_BYTES } from "../../../../src/limits.ts";
import type { WireError } from "../../../../src/protocol/errors.ts";
import { Modules, type ModuleUser } from "../../../../src/worker/jobs/modules.ts";

/** A job whose module is as long as it may be: a piece of it stands for all of it. */
class User implements ModuleUser {
  readonly sha256: string;
  readonly codeBytes = MAX_CODE_BYTES;
  readonly heard: string[] = [];

  constructor(sha256: string) {
    this.sha256 = sha256;
  }

  need(): void {
    this.heard.push("need");
  }

  loaded(): void {
    this.heard.push("loaded");
  }

  refused(error: WireError): void {
    this.heard.push(error.code);
  }
}

/** A piece as long as a whole module, of which nobody looks at the bytes. */
const PIECE = { length: MAX_CODE_BYTES } as Uint8Array;
const ROOM = MAX_KEPT_CODE_BYTES / MAX_CODE_BYTES;

/** A store whose modules are what they are called, and jobs that have theirs, one for each name. */
function storeOf(names: string): { modules: Modules; users: User[] } {
  let hash = "";
  const modules = new Modules(() => hash);
  const users = [...names].map((name) => {
    const user = new User(hash = name);
    modules.open(user);
    modules.take(user, PIECE);
    assertEquals(user.heard, ["need", "loaded"]);
    return user;
  });
  return { modules, users };
}

/** What a job that wants a module hears at once. */
function heardOf(modules: Modules, name: string): string[] {
  const user = new User(name);
  modules.open(user);
  return user.heard;
}

Deno.test("modules are kept after their jobs, and forgotten in the order of their last use", () => {
  assertEquals(ROOM, 4);
  const { modules, users } = storeOf("abcd");
  for (const user of users) modules.close(user);
  assertEquals(heardOf(modules, "a"), ["loaded"]);
  assertEquals(heardOf(modules, "e"), ["need"], "b makes room");
  assertEquals(heardOf(modules, "c"), ["loaded"]);
  assertEquals(heardOf(modules, "d"), ["loaded"]);
  assertEquals(heardOf(modules, "b"), ["too_many_jobs"], "all others are in use");
});

Deno.test("a module that is in use is never forgotten, and one on its way counts as a whole", () => {
  const { modules, users } = storeOf("abc");
  assertEquals(heardOf(modules, "d"), ["need"]);
  assertEquals(heardOf(modules, "e"), ["too_many_jobs"]);
  modules.close(users[1]!);
  assertEquals(heardOf(modules, "e"), ["need"]);
  assertEquals(heardOf(modules, "a"), ["loaded"]);
});

Deno.test("a module that nobody sends any more leaves nothing behind", () => {
  const { modules } = storeOf("abc");
  const user = new User("d");
  modules.open(user);
  modules.close(user);
  assertEquals(heardOf(modules, "e"), ["need"]);
});

Deno.test("a module whose length is another than before, and a piece that nobody asked for, are refused", () => {
  const { modules, users } = storeOf("a");
  const user = { ...new User("a"), codeBytes: 1, heard: [] as string[] };
  modules.open(Object.setPrototypeOf(user, User.prototype));
  assertEquals(user.heard, ["bad_job"]);
  modules.take(users[0]!, PIECE);
  assertEquals(users[0]!.heard.at(-1), "bad_job");
});
