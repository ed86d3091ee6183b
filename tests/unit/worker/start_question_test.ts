/**
 * Purpose: whether a program starts is asked of it without waiting for ever, and once at a time.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { StartQuestion } from "../../../src/worker/start_question.ts";

/** Scripts are programs there. */
const ignore = Deno.build.os === "windows";

/** What a shell script complains of that is asked twice at the same time, and how often it ran. */
async function ask(script: string, timeoutMs = 10_000, close = false) {
  const folder = await Deno.makeTempDir();
  try {
    const path = `${folder}/program`;
    const text = `#!/bin/sh\necho "$@" >> ${folder}/calls\n${script}\n`;
    await Deno.writeTextFile(path, text, { mode: 0o755 });
    const question = new StartQuestion(path, { PATH: "/usr/bin:/bin" }, timeoutMs);
    const answers = Promise.all([question.complaint(), question.complaint()]);
    if (close) question.close();
    const [one, other] = await answers;
    assertEquals(one, other);
    const calls = await Deno.readTextFile(`${folder}/calls`).catch(() => "");
    return { complaint: one, calls };
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

Deno.test(
  "a program that does not start is asked once for its first line",
  { ignore },
  async () => {
    const failing = 'printf "error: no \\303\\251 file\\nCaused by\\n" >&2; exit 1';
    assertEquals(await ask(failing), { complaint: "no é file", calls: "--version\n" });
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
    const startMs = performance.now();
    // What it has started itself holds its stderr.
    assertEquals((await ask("sleep 3 & exec sleep 3", 200)).complaint, undefined);
    assertEquals((await ask("exec sleep 3", 10_000, true)).complaint, undefined);
    assert(performance.now() - startMs < 2500);
  },
);
