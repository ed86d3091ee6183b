/**
 * Purpose: what a disk could not take of a job's log is not lost without a word.
 *
 * @module
 */
import { assertEquals, assertRejects } from "@std/assert";
import { JobLogFile } from "../../src/cli/job_log_file.ts";
import type { JobIdentity, LogEntry } from "../../src/jobs/job_log.ts";
import { TemporaryFolder } from "../support/paths.ts";
import { until } from "../support/waiting.ts";

const JOB: JobIdentity = {
  function: "f",
  call: "map",
  reduce: "none",
  arguments: "",
  seed: "1",
  input: "items",
};

/** A disk that takes nothing from now on, or for so many times, until it is disposed of. */
class FailingDisk implements Disposable {
  /** How often it was asked to take something. */
  #calls = 0;
  readonly #syncData = Deno.FsFile.prototype.syncData;

  constructor(failures = Infinity) {
    Deno.FsFile.prototype.syncData = () => {
      const isFailing = this.#calls++ < failures;
      return isFailing ? Promise.reject(new Error(`no disk ${this.#calls}`)) : Promise.resolve();
    };
  }

  [Symbol.dispose](): void {
    Deno.FsFile.prototype.syncData = this.#syncData;
  }
}

function entry(position: number): LogEntry {
  const [hashes, bytes] = [new Uint8Array(8), new TextEncoder().encode("1\n")];
  return { position, count: 1, hashes, bytes, isFailure: false };
}

/** A log that may be added to, and how many entries it had. */
async function open(path: string): Promise<{ log: JobLogFile; count: number }> {
  const log = await JobLogFile.open(path, JOB);
  let count = 0;
  for await (const _ of log.replay()) count++;
  return { log, count };
}

Deno.test("a log that the disk could not take says so whenever it is added to, not once more when it is closed", async () => {
  await using folder = new TemporaryFolder();
  const path = `${folder.path}/log`;
  const { log } = await open(path);
  using _disk = new FailingDisk(1);
  let count = 0;
  const add = async () => {
    await log.append([entry(count + 1)]);
    count++;
  };
  const error = await until("a failure", () => add().then(() => undefined, (error) => error));
  assertEquals(error.message, `cannot write --resume "${path}": no disk 1`);
  // The disk takes everything now, and has lost what was on its way to it.
  await assertRejects(add, Error, "no disk 1");
  await log.close();
  const again = await open(path);
  assertEquals(again.count, count);
  await again.log.close();
});

Deno.test("a log that the disk could not take at its end says so when it is closed, and is closed", async () => {
  await using folder = new TemporaryFolder();
  const path = `${folder.path}/log`;
  const { log } = await open(path);
  await log.append([entry(1)]);
  {
    using _disk = new FailingDisk();
    await assertRejects(() => log.close(), Error, "no disk 1");
  }
  const again = await open(path);
  assertEquals(again.count, 1);
  await again.log.close();
});
