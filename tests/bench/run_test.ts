import { assert, assertEquals } from "@std/assert";
import { denoScript } from "../../bench/paths.ts";

for (const flag of ["--against", "--dist"]) {
  Deno.test(`deno task bench ${flag} says in one line that nothing is there`, async () => {
    const { code, stderr } = await bench(flag, "/nowhere/at/all").output();
    const said = decoded(stderr).split("\n").filter((line) => !/^load .* other work/.test(line));
    assertEquals([code, said.length], [1, 2], said.join("\n"));
    assert(said[0]!.startsWith("Cannot measure ") && said[0]!.includes("/nowhere/at/all"), said[0]);
  });
}

Deno.test("deno task bench ends with 130 when it is interrupted", async () => {
  const child = bench("--scenario", "memory", "--sources").spawn();
  let said = "";
  for await (const bytes of child.stderr) {
    said += decoded(bytes);
    // It has begun, and is far from its end.
    if (said.includes("memory of the sources")) child.kill("SIGINT");
  }
  assertEquals((await child.status).code, 130, said);
});

function bench(...args: readonly string[]): Deno.Command {
  const [deno, ...words] = denoScript("bench/run.ts", ...args);
  return new Deno.Command(deno!, { args: words, stdout: "null", stderr: "piped" });
}

function decoded(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes);
}
