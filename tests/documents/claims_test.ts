/**
 * Purpose: what the READMEs say beside their blocks is so: links lead somewhere, messages are the programs'
 * own, figures are of the kind that the script prints.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { wireError } from "../../src/protocol/errors.ts";
import { fromFileUrl, PROJECT } from "../support/paths.ts";
import { freePort } from "../support/ports.ts";
import { runRole, startRole } from "../support/roles.ts";
import { until } from "../support/waiting.ts";
import { readProjectFile, tableRows } from "./markdown.ts";

const DOCUMENTS = ["README.md", "README.es.md", "PROTOCOL.md", "CHANGELOG.md", "SECURITY.md"];
const READMES = DOCUMENTS.slice(0, 2);
/** Files and folders of the project that are named in running text. */
const NAMED_PATH = /`((?:[\w.]+\/)+[\w.]*|\w+\.(?:ts|md))`/g;
const LINK = /\]\((?!https:)([^)#]+)\)/g;
/** What readers make themselves, and what only looks like a path. */
const NO_PATHS = ["dist/", "HTTP/"];

for (const name of DOCUMENTS) {
  Deno.test(`${name} names no file of the project that is not there`, async () => {
    const text = await readProjectFile(name);
    const paths = [LINK, NAMED_PATH].flatMap((one) => [...text.matchAll(one)].map(([, at]) => at!));
    for (const path of paths.filter((one) => !NO_PATHS.includes(one))) {
      await Deno.stat(new URL(path, PROJECT)).catch(() => assert(false, `no "${path}"`));
    }
  });

  Deno.test(`${name} points to no heading and no section that is not there`, async () => {
    const text = await readProjectFile(name);
    const titles = [...text.matchAll(/^##+ (.+)$/gm)].map(([, title]) => title!);
    const anchors = titles.map((title) => title.toLowerCase().replaceAll(" ", "-"));
    for (const [, anchor] of text.matchAll(/\]\(#([^)]+)\)/g)) assert(anchors.includes(anchor!));
    const sections = [...(await readProjectFile("PROTOCOL.md")).matchAll(/^##+ ([\d.]*\d)/gm)];
    const numbers = sections.map(([, number]) => number);
    for (const [, number] of text.matchAll(/\b(?:section|sección)\s+(\d+(?:\.\d+)?)/g)) {
      assert(numbers.includes(number!), `no section ${number}`);
    }
  });
}

Deno.test("the READMEs' first troubles are reported in the words that stand there", async () => {
  using taken = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const port = String(taken.addr.port);
  const unused = String(freePort());
  const ask = ["--op", "add", "--a", "1", "--b", "2"];
  const outcomes = [
    await runRole("calc_server", ["--port", port, "--workers", "127.0.0.1:1"]),
    await runRole("client", ["--port", unused, ...ask]),
    // It takes connections, in the system's queue, and never says a word.
    await runRole("client", ["--port", port, "--timeout", "100ms", ...ask]),
  ];
  const said = outcomes.map(({ stderr }) => stderr.trim().replace(/:\d{4,}\b/, ":5000"));
  for (const name of READMES) {
    const messages = tableRows(await readProjectFile(name)).map(([first]) => first!);
    const shown = messages.filter((text) => /^`.* (?:listen|reach|answer) /.test(text));
    const [inUse, refused, , silent] = shown.map((text) => text.replaceAll("`", ""));
    assertEquals(
      said,
      [
        `calc_server: ${inUse}`,
        `client: ${refused}`,
        `client: ${silent?.replace("lab0", "127.0.0.1")}`,
      ],
    );
  }
});

Deno.test("the READMEs' troubles of joining are reported in the words that stand there", async () => {
  const server = ["--host", "0.0.0.0", "--port", "0"];
  await using refusing = startRole("calc_server", server);
  const listening = /listening on \S+:(\d+)/;
  const port = await until("its port", () => listening.exec(refusing.stdout.text)?.[1]);
  const coordinators = `127.0.0.1:${freePort()},127.0.0.1:${port}`;
  await using worker = startRole("worker", ["--join", coordinators, "--name", "window"]);
  const mismatch = wireError("protocol_mismatch", "1 ≠ 2").text;
  for (const name of READMES) {
    const messages = tableRows(await readProjectFile(name)).map(([first]) => first!);
    const shown = messages.flatMap((text) => /^`(.*\bjoin.*)`$/.exec(text)?.[1] ?? []);
    assertEquals(shown.length, 3, name);
    const [notYet = "", refused = "", otherVersion] = shown;
    await until(`"${notYet}" and "${refused}" in: ${worker.stderr.text}`, () => {
      const said = worker.stderr.text.replace(/:\d{4,} yet/, ":5000 yet");
      return said.includes(notYet) && said.includes(`${refused}\n`);
    });
    assertEquals(otherVersion, `refused to be joined: ${mismatch}`);
  }
});

Deno.test("the READMEs' troubles of jobs are told in the catalogue's words", async () => {
  const texts = (["no_code_worker", "code_not_allowed"] as const).map((code) =>
    `\`${wireError(code).text}\``
  );
  for (const name of READMES) {
    const messages = tableRows(await readProjectFile(name)).map(([first]) => first!);
    assertEquals(messages.filter((text) => / código /.test(text)), texts, name);
  }
});

Deno.test("the READMEs' figures are of the kind that bench/executables.ts prints", async (test) => {
  const folder = fromFileUrl(new URL("dist", PROJECT));
  const isThere = await Deno.stat(folder).then(() => true, () => false);
  await test.step({
    name: isThere ? "measured once more" : "not measured, as there is no dist/",
    ignore: !isThere,
    fn: async () => {
      const { stdout, stderr } = await new Deno.Command(Deno.execPath(), {
        args: ["run", "-A", fromFileUrl(new URL("bench/executables.ts", PROJECT)), "--runs", "1"],
      }).output();
      const printed = shapeOf(new TextDecoder().decode(stdout));
      assertEquals(printed.length, 3, new TextDecoder().decode(stderr));
      for (const name of READMES) assertEquals(shapeOf(await readProjectFile(name)), printed);
    },
  });
});

/** The rows about executables, without their figures. */
function shapeOf(markdown: string): string[] {
  return tableRows(markdown)
    .map((row) => row.join(" | ").replace(/\d+/g, "N"))
    .filter((row) => /^`\w+` \| N MB/.test(row));
}
