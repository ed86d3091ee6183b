import type { Address, LogLevel, Machine } from "../protocol/machine.ts";
import type { RoleFacts } from "../protocol/hello.ts";
import { Driver, type Spawner } from "./driver.ts";
import { Listener } from "./listener.ts";

/** A role that is running in this process. */
export interface RunningRole extends AsyncDisposable {
  /** Where it listens, with the port that was taken for port 0. A role that only dials has port 0. */
  readonly address: Address;
  /** Resolves when the role has ended and everything is closed. */
  readonly finished: Promise<void>;
  /** Ends the role in good order: takes nothing new, finishes what is in flight (10 s at most). */
  stop(): Promise<void>;
}

/** What this machine and process are, as a hello and a join say it. */
export function roleFacts(role: "calc_server" | "worker"): RoleFacts {
  const { os, arch } = Deno.build;
  return { role, cores: navigator.hardwareConcurrency, platform: `${os}-${arch}` };
}

/** A seed for a machine's jitter. */
export function randomSeed(): number {
  return crypto.getRandomValues(new Int32Array(1))[0]!;
}

/** Takes log lines. */
export type Log = (level: LogLevel, text: string) => void;

/** A listening machine, and the driver that carries out what it wants. */
export interface Launched {
  readonly role: RunningRole;
  readonly driver: Driver;
}

/**
 * Listens, and starts a machine on what comes in; without an address the machine only dials, and without a
 * spawner it starts no processes.
 *
 * @throws {ListenError} If the address cannot be listened on.
 */
export function launch(
  machine: Machine,
  address: Address | undefined,
  log: Log,
  spawner?: Spawner,
): Launched {
  const listener = address === undefined ? undefined : new Listener(address);
  const driver = new Driver(machine, {
    log,
    ...(listener === undefined ? {} : { listener }),
    ...(spawner === undefined ? {} : { spawner }),
  });
  driver.start();
  const stop = () => {
    driver.step({ kind: "stop" });
    return driver.stopped;
  };
  const role = {
    address: listener?.address ?? { host: "127.0.0.1", port: 0 },
    finished: driver.stopped,
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return { role, driver };
}
