import { assertEquals } from "@std/assert";
import { CODE_PATIENCE_MS, MAX_CODE_BYTES, MAX_KEPT_CODE_BYTES } from "../../../../src/limits.ts";
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
    modules.open(user, 0);
    modules.take(user, PIECE, 0);
    assertEquals(user.heard, ["need", "loaded"]);
    return user;
  });
  return { modules, users };
}

/** What a job that wants a module hears at once. */
function heardOf(modules: Modules, name: string): string[] {
  const user = new User(name);
  modules.open(user, 0);
  return user.heard;
}

Deno.test("modules are kept after their jobs, and forgotten in the order of their last use", () => {
  assertEquals(ROOM, 4);
  const { modules, users } = storeOf("abcd");
  for (const user of users) modules.close(user, 0);
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
  modules.close(users[1]!, 0);
  assertEquals(heardOf(modules, "e"), ["need"]);
  assertEquals(heardOf(modules, "a"), ["loaded"]);
});

Deno.test("a module that nobody sends any more leaves nothing behind", () => {
  const { modules } = storeOf("abc");
  const user = new User("d");
  modules.open(user, 0);
  modules.close(user, 0);
  assertEquals(heardOf(modules, "e"), ["need"]);
});

Deno.test("a module of which another length is said is another, and a piece that nobody asked for is refused", () => {
  const { modules, users } = storeOf("a");
  const user = { ...new User("a"), codeBytes: 1, heard: [] as string[] };
  modules.open(Object.setPrototypeOf(user, User.prototype), 0);
  assertEquals(user.heard, ["need"]);
  modules.take(users[0]!, PIECE, 0);
  assertEquals(users[0]!.heard.at(-1), "bad_job");
});

Deno.test("a module that does not come from whom it was asked is asked of the next as well", () => {
  const modules = new Modules(() => "a");
  const users = [new User("a"), new User("a"), new User("a")];
  for (const user of users) modules.open(user, 0);
  const heard = () => users.map((user) => user.heard.splice(0).join());
  assertEquals([heard(), modules.dueMs], [["need", "", ""], CODE_PATIENCE_MS]);
  modules.tick(CODE_PATIENCE_MS - 1);
  assertEquals(heard(), ["", "", ""]);
  modules.tick(CODE_PATIENCE_MS);
  assertEquals([heard(), modules.dueMs], [["", "need", ""], 2 * CODE_PATIENCE_MS]);
  modules.take(users[1]!, PIECE, 0);
  assertEquals([heard(), modules.dueMs], [["loaded", "loaded", "loaded"], Infinity]);
  modules.take(users[0]!, PIECE, 0);
  assertEquals(heard(), ["", "", ""], "who is late has done nothing wrong");
  // One copy is held: there is room for all but one of the others.
  assertEquals([..."bcde"].map((name) => heardOf(modules, name)[0]), [
    ...["need", "need", "need"],
    "too_many_jobs",
  ]);
});

Deno.test("who waits for a module of which there cannot be a second copy is refused in the end", () => {
  const { modules } = storeOf("abc");
  const users = [new User("d"), new User("d")];
  for (const user of users) modules.open(user, 0);
  modules.tick(CODE_PATIENCE_MS);
  assertEquals(users.map(({ heard }) => heard), [["need"], ["too_many_jobs"]]);
});

Deno.test("a module that nobody sends takes no room for ever", () => {
  const { modules } = storeOf("abc");
  const silent = new User("d");
  modules.open(silent, 0);
  assertEquals(heardOf(modules, "e"), ["too_many_jobs"]);
  assertEquals(modules.dueMs, 30_000);
  modules.tick(29_999);
  assertEquals(silent.heard, ["need"]);
  modules.tick(30_000);
  assertEquals(silent.heard, ["need", "bad_code"]);
  modules.close(silent, 30_000);
  assertEquals([heardOf(modules, "e"), modules.dueMs < 60_001], [["need"], true]);
});

Deno.test("who sends, however slowly, is not doubled", () => {
  const modules = new Modules(() => "a");
  const [sender, other] = [new User("a"), new User("a")];
  for (const user of [sender, other]) modules.open(user, 0);
  modules.take(sender, { length: 1 } as Uint8Array, CODE_PATIENCE_MS - 1);
  modules.tick(CODE_PATIENCE_MS);
  assertEquals(other.heard, []);
  modules.take(sender, { length: MAX_CODE_BYTES - 1 } as Uint8Array, CODE_PATIENCE_MS);
  assertEquals([sender.heard, other.heard], [["need", "loaded"], ["loaded"]]);
});
