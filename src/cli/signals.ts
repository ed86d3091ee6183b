import { SECOND_SIGNAL_MS } from "../limits.ts";
import { nowMs } from "../net/clock.ts";
import type { Log, RunningRole } from "../net/role.ts";

/** Windows knows no SIGTERM; its consoles send SIGBREAK where a window is closed or Ctrl-Break is pressed. */
const STOP_SIGNALS: readonly Deno.Signal[] = Deno.build.os === "windows"
  ? ["SIGINT", "SIGBREAK"]
  : ["SIGINT", "SIGTERM"];

/** What a shell reports of a program that ended by SIGINT. */
const INTERRUPTED_STATUS = 130;
/** What a shell reports of a program that ended by SIGTERM. */
const TERMINATED_STATUS = 143;

/** Calls back at each signal that is to end the process, with the status that it should end with. */
export function onEndingSignal(handle: (status: number) => void): void {
  for (const signal of STOP_SIGNALS) {
    const status = signal === "SIGTERM" ? TERMINATED_STATUS : INTERRUPTED_STATUS;
    Deno.addSignalListener(signal, () => handle(status));
  }
}

/**
 * Stops a role in good order at the first signal, and ends the process at a second one. Signals less than a
 * second apart are one: Ctrl-C reaches a role both from the terminal and through `deno task`.
 */
export function stopOnSignals(role: RunningRole, log: Log): void {
  let firstMs: number | undefined;
  const handle = () => {
    if (firstMs === undefined) {
      firstMs = nowMs();
      log("info", "stopping: finishing what is in flight");
      role.stop();
    } else if (nowMs() - firstMs >= SECOND_SIGNAL_MS) {
      log("warn", "stopped before everything was finished");
      Deno.exit(INTERRUPTED_STATUS);
    }
  };
  for (const signal of STOP_SIGNALS) Deno.addSignalListener(signal, handle);
}
