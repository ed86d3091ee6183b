import type { Address, LogLevel, Machine } from "../protocol/machine.ts";
import { Driver } from "./driver.ts";
import { Listener } from "./listener.ts";

/** A role that is running in this process. */
export interface RunningRole extends AsyncDisposable {
  /** Where it listens, with the port that was taken for port 0. */
  readonly address: Address;
  /** Resolves when the role has ended and everything is closed. */
  readonly finished: Promise<void>;
  /** Ends the role in good order: takes nothing new, finishes what is in flight (10 s at most). */
  stop(): Promise<void>;
}

/** Takes log lines. */
export type Log = (level: LogLevel, text: string) => void;

/** A listening machine, and the driver that carries out what it wants. */
export interface Launched {
  readonly role: RunningRole;
  readonly driver: Driver;
}

/**
 * Listens, and starts a machine on what comes in.
 *
 * @throws {ListenError} If the address cannot be listened on.
 */
export function launch(machine: Machine, address: Address, log: Log): Launched {
  const listener = new Listener(address);
  const driver = new Driver(machine, { listener, log });
  driver.start();
  const stop = () => {
    driver.step({ kind: "stop" });
    return driver.stopped;
  };
  const role = {
    address: listener.address,
    finished: driver.stopped,
    stop,
    [Symbol.asyncDispose]: stop,
  };
  return { role, driver };
}
