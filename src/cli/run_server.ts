import type { RunningRole } from "../net/role.ts";
import { formatAddress } from "../protocol/address.ts";
import { LocalWorkers } from "../server/local_workers.ts";
import type { MovableServer } from "../server/server.ts";
import type { ServerOptions } from "./commands.ts";
import { EXIT_STATUS } from "./exit_status.ts";
import { CORES } from "./kinds.ts";
import { stopOnSignals } from "./signals.ts";
import { dropPermissions } from "./permissions.ts";
import { stderrLog, writeStdout } from "./stdio.ts";

/** Runs a coordinator until it is told to stop, and gives its exit status. */
export async function runServer(options: ServerOptions): Promise<number> {
  const { workers, local, allowCode = false, logLevel, ...rest } = options;
  const log = stderrLog("calc-server", logLevel);
  let server: MovableServer | undefined;
  const count = local === CORES ? navigator.hardwareConcurrency : local ?? 0;
  await dropPermissions(count === 0 ? ["read", "run"] : ["read"]);
  // What a server is made of is loaded while its workers start.
  const [locals, { startMovableServer }] = await Promise.all([
    LocalWorkers.start(count, {
      allowCode,
      log,
      moved: (place, address) => server?.readdress(workers.length + place, address),
    }),
    import("../server/server.ts"),
  ]);
  try {
    const all = [...workers, ...locals.addresses];
    server = startMovableServer({ ...rest, workers: all, log });
    stopOnSignals(server, log);
    await announce(server, all.map(formatAddress));
    await server.finished;
    return EXIT_STATUS.ok;
  } finally {
    locals.stop();
  }
}

async function announce(server: RunningRole, workers: readonly string[]): Promise<void> {
  const list = workers.map((name) => `'${name}'`).join(", ");
  await writeStdout(
    `[calc-server] listening on ${formatAddress(server.address)}\nWorkers: [${list}]\n`,
  );
}
