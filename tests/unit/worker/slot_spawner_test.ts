import { assertEquals } from "@std/assert";
import { systemEnvironment } from "../../../src/worker/slot_spawner.ts";

Deno.test("a slot gets SYSTEMROOT on Windows, where nothing has sockets without it, and nothing else", () => {
  const get = (name: string) => name === "SYSTEMROOT" ? "C:\\Windows" : "secret";
  assertEquals(systemEnvironment("windows", get), { SYSTEMROOT: "C:\\Windows" });
  assertEquals(systemEnvironment("windows", () => undefined), {});
  assertEquals(systemEnvironment("linux", get), {});
});
