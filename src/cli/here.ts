import type { LogLevel } from "../protocol/machine.ts";
import type { RunningRole } from "../net/role.ts";
import { startServer } from "../server/server.ts";
import { startWorker } from "../worker/worker.ts";
import { stderrLog } from "./stdio.ts";

/** What a worker of `--here` is called, in prints and failures. */
const HERE_NAME = "here";

/** A server and its worker in this process, on loopback. */
export interface Here extends AsyncDisposable {
  readonly server: RunningRole;
}

/**
 * Starts a server and a worker with slots in this process, so that a function can be tried without a cluster.
 * They log what matters to somebody who started neither: warnings and errors.
 */
export function startHere(threshold: LogLevel): Here {
  const log = stderrLog("client", threshold === "debug" ? "debug" : "warn");
  const server = startServer({ port: 0, workers: [], log });
  try {
    const worker = startWorker({ join: [server.address], name: HERE_NAME, allowCode: true, log });
    const stop = async () => {
      await Promise.all([worker.stop(), server.stop()]);
    };
    return { server, [Symbol.asyncDispose]: stop };
  } catch (error) {
    server.stop();
    throw error;
  }
}
