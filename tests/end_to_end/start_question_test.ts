/**
 * Purpose: whether a program starts is asked of it without waiting for ever, and once at a time.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { StartQuestion } from "../../src/worker/start_question.ts";

/** Scripts are programs there. */
const ignore = Deno.build.os === "windows";

/** What a shell script complains of that is asked twice at the same time, and how often it ran. */
async function ask(script: string, timeoutMs = 10_000, close = false) {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/program`;
    const text = `#!/bin/sh\ncd ${folder}\necho "$@" >> calls\n${script}\n`;
    await Deno.writeTextFile(path, text, { mode: 0o755 });
    const question = new StartQuestion(path, { PATH: "/usr/bin:/bin" }, timeoutMs);
    const answers = Promise.all([question.complaint(), question.complaint()]);
    if (close) question.close();
    const [one, other] = await answers;
    assertEquals(one, other);
    const read = (name: string) => Deno.readTextFile(`${folder}/${name}`).catch(() => "");
    return { complaint: one, calls: await read("calls"), held: Number(await read("held")) };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test(
  "a program that does not start is asked once for its first line",
  { ignore },
  async () => {
    const failing = 'printf "error: no \\303\\251 file\\nCaused by\\n" >&2; exit 1';
    const { complaint: first, calls } = await ask(failing);
    assertEquals([first, calls], ["no é file", "--version\n"]);
    assertEquals((await ask("exit 3")).complaint, "status 3");
    const { complaint } = await ask(
      "while :; do echo xxxxxxxxxxxxxxxxxxx >&2 || exit 1; done",
      500,
    );
    assert(complaint === undefined || complaint.length < 30);
  },
);

Deno.test(
  "a program that starts, or that nobody knows of, has no complaint",
  { ignore },
  async () => {
    assertEquals((await ask("echo worker 1.0; echo note >&2")).complaint, undefined);
    assertEquals((await ask("kill -9 $$")).complaint, undefined);
    // What it has started itself holds its stderr, and is not waited for.
    const { complaint, held } = await ask("sleep 60 & echo $! > held; exec sleep 60", 3000);
    assert(complaint === undefined && held > 0);
    Deno.kill(held, "SIGKILL");
    assertEquals((await ask("exec sleep 600", 600_000, true)).complaint, undefined);
  },
);
