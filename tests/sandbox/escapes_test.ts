/**
 * Purpose: a function gets at nothing of the machine that it runs on. Each attempt is seen to be denied in a
 * real slot, which goes on working, and to succeed where nothing guards: so it is a real one.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import { pathToFileURL } from "node:url";
import { fromFileUrl, TemporaryFolder } from "../support/paths.ts";
import { Process } from "../support/process.ts";
import { DIST } from "../support/roles.ts";
import { type Attempt, attempts, type Targets } from "./attempts.ts";
import { Slot } from "./slot.ts";

const UNGUARDED = fromFileUrl(new URL("unguarded.ts", import.meta.url));
/** An attempt that hangs has not succeeded. */
const ATTEMPT_MS = 10_000;

/** Something to read, and somebody to connect to. */
class Bait implements AsyncDisposable {
  readonly targets: Targets;
  /** Requests that came. */
  requests = 0;
  readonly #folder: TemporaryFolder;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      this.requests++;
      if (request.headers.get("upgrade") !== "websocket") return new Response("hello");
      return Deno.upgradeWebSocket(request).response;
    });
    const folderUrl = pathToFileURL(folder.path).href;
    this.targets = { folder: folderUrl, path: folder.path, port: this.#server.addr.port };
  }

  static async set(): Promise<Bait> {
    const folder = new TemporaryFolder();
    await folder.write("secret.txt", "secret");
    await folder.write("secret.json", '"secret"');
    await folder.write("secret.js", 'export const secret = "secret";');
    return new Bait(folder);
  }

  /** What is in the folder. */
  names(): string[] {
    return Array.from(Deno.readDirSync(this.#folder.path), ({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await this.#folder[Symbol.asyncDispose]();
  }
}

const NO_TARGETS = { folder: "file:///", path: "/", port: 1 };

for (const { name } of attempts(NO_TARGETS)) {
  Deno.test(`a function is denied: ${name}`, async () => {
    await using bait = await Bait.set();
    const attempt = attempts(bait.targets).find((one) => one.name === name)!;
    await using slot = await Slot.with(moduleOf(attempt), { itemTimeoutMs: ATTEMPT_MS });
    const { lines, failed, end } = await slot.range(1, 1);
    const isDenied = end.op === "job_failed" || failed.length === 1 || lines[0] === "false" ||
      (end.op === "verdict" && end.cause === "time");
    assert(isDenied, `it was not: ${lines} ${JSON.stringify(end)}`);
    assertEquals(bait.requests, 0);
    assertEquals(bait.names(), ["secret.js", "secret.json", "secret.txt"]);
    if (end.op !== "done") return;
    const again = await slot.range(2, 1, { position: 2 });
    assertEquals([again.lines, again.end.op], [["2"], "done"], "the slot goes on");
  });
}

for (const { name, unguarded = "works" } of attempts(NO_TARGETS)) {
  if (DIST !== undefined || unguarded === "nothing") continue;
  Deno.test(`where nothing guards, this ${unguarded}: ${name}`, async () => {
    await using bait = await Bait.set();
    const attempt = attempts(bait.targets).find((one) => one.name === name)!;
    await using process = new Process({
      command: Deno.execPath(),
      args: ["run", "--allow-all", "--no-config", "--no-lock", UNGUARDED],
      cwd: bait.targets.path,
      env: { NO_COLOR: "1" },
      clearEnv: false,
      stdin: moduleOf(attempt),
    });
    if (unguarded === "ends") {
      const timer = setTimeout(() => process.kill("SIGKILL"), 1000);
      const { stdout } = await process.outcome();
      clearTimeout(timer);
      assertEquals(stdout, "");
    } else {
      const { stdout, stderr } = await process.outcome();
      assertEquals(stdout, "true", stderr);
    }
  });
}

/** The second item is a harmless one. */
function moduleOf({ before = "", body }: Attempt): string {
  return `${before}
    export async function map(item) {
      if (item === 2) return item;
      ${body}
    }`;
}
