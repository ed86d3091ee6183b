/**
 * The load generator's process: a job as a line of JSON on stdin, its result as a line on stdout, until stdin
 * ends. One process does all jobs of a benchmark, so that none is measured with code that has just been loaded.
 *
 * @module
 */
import { TextLineStream } from "@std/streams/text-line-stream";
import { print } from "../print.ts";
import type { Job } from "./job.ts";
import { runJob } from "./run_job.ts";

const lines = Deno.stdin.readable
  .pipeThrough(new TextDecoderStream())
  .pipeThrough(new TextLineStream());

for await (const line of lines) {
  const job: Job = JSON.parse(line);
  print(JSON.stringify(await runJob(job)) + "\n");
}
