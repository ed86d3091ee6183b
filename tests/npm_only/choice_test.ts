import { assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { FakeJsr, type Manners, nobodysJsr } from "./fake_jsr.ts";
import { ProjectCopy } from "./project_copy.ts";

/** What the echo in place of the client says when it ran with no arguments. */
const ECHO = { args: [], bytes: 0 };

const NO_JSR: readonly Manners[] = ["missing", "login page", "hang"];

for (const manners of NO_JSR) {
  Deno.test(`setup chooses npm where JSR's answer is: ${manners}`, async () => {
    await using project = await ProjectCopy.make();
    await using jsr = new FakeJsr(manners);
    const { code, stdout, stderr } = await project.deno(["task", "-q", "client"], jsr);
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(stdout), { ...ECHO, origin: "npm" });
    assertMatch(stderr, /^\[setup\] JSR is not in reach: .*choose anew: deno task setup\)\n$/);
  });
}

Deno.test("setup chooses npm where JSR refuses the connection", async () => {
  await using project = await ProjectCopy.make();
  const { stdout, stderr } = await project.deno(["task", "-q", "client"], { env: nobodysJsr() });
  assertEquals(JSON.parse(stdout), { ...ECHO, origin: "npm" });
  assertStringIncludes(stderr, "JSR is not in reach");
});

Deno.test("setup chooses JSR where it answers, and leaves no changed file behind", async () => {
  await using project = await ProjectCopy.make();
  await using jsr = new FakeJsr("well");
  const before = await project.files();
  const { stdout, stderr } = await project.deno(["task", "-q", "client"], jsr);
  assertEquals(JSON.parse(stdout), { ...ECHO, origin: "jsr" }, stderr);
  assertStringIncludes(stderr, "the @std packages come from JSR");
  assertEquals(await project.files(), before);
});

Deno.test("the choice of npm leaves no changed file behind", async () => {
  await using project = await ProjectCopy.make();
  const before = await project.files();
  await project.deno(["task", "-q", "client"], { env: nobodysJsr() });
  assertEquals(await project.files(), before);
});

Deno.test("a choice that was made costs no request, whatever became of JSR", async () => {
  await using project = await ProjectCopy.make();
  await using jsr = new FakeJsr("missing");
  await project.deno(["task", "-q", "setup"], jsr);
  const requests = jsr.requests;
  jsr.manners = "hang";
  for (const args of [["task", "-q", "client"], ["run", "client.ts"], ["check", "client.ts"]]) {
    const { code, stderr } = await project.deno(args, jsr);
    assertEquals(code, 0, stderr);
    assertEquals(stderr.includes("[setup]"), false, stderr);
  }
  assertEquals(jsr.requests, requests);
});

Deno.test("setup chooses anew when JSR comes back, and when it goes away again", async () => {
  await using project = await ProjectCopy.make();
  await using jsr = new FakeJsr("missing");
  for (const [manners, origin] of [["missing", "npm"], ["well", "jsr"], ["hang", "npm"]] as const) {
    jsr.manners = manners;
    await project.deno(["task", "-q", "setup"], jsr);
    const { stdout, stderr } = await project.deno(["task", "-q", "client"], jsr);
    assertEquals(JSON.parse(stdout), { ...ECHO, origin }, stderr);
  }
});

Deno.test("setup takes the route it is told, without asking JSR", async () => {
  await using project = await ProjectCopy.make();
  await using jsr = new FakeJsr("well");
  const { code } = await project.deno(["task", "-q", "setup", "--npm"], jsr);
  assertEquals([code, jsr.requests], [0, 0]);
  const { stdout } = await project.deno(["task", "-q", "client"], jsr);
  assertEquals(JSON.parse(stdout), { ...ECHO, origin: "npm" });
});

Deno.test("setup refuses arguments it does not know", async () => {
  await using project = await ProjectCopy.make();
  const { code, stderr } = await project.deno(["task", "-q", "setup", "--jrs"]);
  assertEquals(code, 2);
  assertStringIncludes(stderr, '"--jrs"');
});

Deno.test("two tasks that are started at once both get a whole set of packages", async () => {
  await using project = await ProjectCopy.make();
  const env = nobodysJsr();
  const runs = Array.from({ length: 2 }, () => project.deno(["task", "-q", "client"], { env }));
  for (const { code, stdout, stderr } of await Promise.all(runs)) {
    assertEquals(code, 0, stderr);
    assertEquals(JSON.parse(stdout), { ...ECHO, origin: "npm" });
  }
});
