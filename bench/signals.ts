import { killChildren } from "./cluster/child.ts";

/** What a shell makes of the signals that tell us to end: 128 and their number. */
const STATUSES = { SIGINT: 130, SIGTERM: 143 } as const;

/** Ends what we have started, and then us, when we are told to; `cleanUp` is called in between. */
export function endOnSignals(cleanUp: () => void = () => {}): void {
  for (const signal of ["SIGINT", "SIGTERM"] as const) {
    Deno.addSignalListener(signal, () => {
      killChildren();
      cleanUp();
      Deno.exit(STATUSES[signal]);
    });
  }
}
