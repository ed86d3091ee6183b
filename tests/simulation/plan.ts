import { Dice } from "./dice.ts";
import type { Script } from "./scripted_worker.ts";

/** What a run is made of; everything in it follows from its seed. */
export interface Plan {
  readonly seed: number;
  readonly servers: number;
  /** The configured workers; `undefined` is one of ours. */
  readonly workers: readonly (Script | undefined)[];
  /** The names of those that join. */
  readonly joined: readonly string[];
  /** How many of the configured workers, from the first, no fault touches. */
  readonly sheltered: number;
  readonly clients: readonly ClientPlan[];
  readonly rawClients: number;
  /** Whether one client asks for very much and does not read for a while. */
  readonly hasHog: boolean;
  /** How long things go wrong, in milliseconds. */
  readonly horizonMs: number;
  readonly workerFaults: number;
  readonly serverFaults: number;
  readonly clientFaults: number;
  readonly network: {
    readonly delayMs: number;
    readonly jitterMs: number;
    readonly capacityBytes: number;
  };
  /** How late timers may come. */
  readonly latenessMs: number;
}

/** How one client of ours asks. */
export interface ClientPlan {
  readonly requests: number;
  readonly window: number;
  readonly pauseMs: number;
  readonly givesUp: number;
  readonly timeoutMs: number;
  /** When it leaves without waiting, if it does. */
  readonly leavesAtMs: number;
}

/** The plan of a seed. */
export function planOf(seed: number): Plan {
  // The plan and the run do not share their chances, so that a plan can be changed for a closer look.
  const dice = new Dice(seed * 7919 + 17);
  const honest = dice.weighted([[1, 1], [2, 2], [3, 3], [1, 5]]);
  const workers: (Script | undefined)[] = Array(honest).fill(undefined);
  if (dice.chance(0.2)) workers.push("plain");
  if (dice.chance(0.1)) workers.push("closing");
  if (dice.chance(0.25)) {
    workers.push(dice.pick(["rubbish", "refusing", "silent", "endless"] as const));
  }
  const joins = dice.chance(0.4) ? dice.between(1, 3) : 0;
  // Two of one name are told apart.
  const joined = Array.from({ length: joins }, () => dice.pick(["lab-a", "lab-b", "lab-c"]));
  const horizonMs = dice.between(1000, 12_000);
  const hasHog = dice.chance(0.012);
  // Megabytes over a way for modems would take longer than a worker may: that is another matter.
  const isSlowNetwork = dice.chance(0.3) && !hasHog;
  const clients = dice.between(1, 3);
  return {
    seed,
    servers: dice.chance(0.15) ? 2 : 1,
    workers: dice.chance(0.05) && joins > 0 ? [] : workers,
    joined,
    sheltered: dice.chance(0.7) ? 1 : 0,
    clients: Array.from({ length: clients }, () => planClient(dice, horizonMs, clients)),
    rawClients: dice.chance(0.4) ? dice.between(1, 3) : 0,
    hasHog,
    horizonMs,
    workerFaults: dice.chance(0.1) ? 0 : dice.between(1, 8),
    serverFaults: dice.chance(0.15) ? 1 : 0,
    clientFaults: dice.chance(0.3) ? dice.between(1, 3) : 0,
    network: {
      delayMs: isSlowNetwork ? 1 + 10 * dice.next() : 0.05,
      jitterMs: isSlowNetwork ? 20 * dice.next() : dice.next(),
      capacityBytes: hasHog ? 65536 : dice.pick([1024, 8192, 65536]),
    },
    latenessMs: dice.pick([0.1, 1, 15]),
  };
}

function planClient(dice: Dice, horizonMs: number, clients: number): ClientPlan {
  const requests = dice.between(20, Math.floor(240 / clients));
  const window = dice.pick([1, 4, 16, 64]);
  return {
    requests,
    window,
    // Spread over the whole horizon, or all at once.
    pauseMs: dice.chance(0.2) ? 0 : 2 * horizonMs * Math.min(1, window / requests),
    givesUp: dice.chance(0.2) ? 0.1 : 0,
    timeoutMs: dice.chance(0.15) ? 400 : 60_000,
    leavesAtMs: dice.chance(0.1) ? horizonMs * dice.next() : Infinity,
  };
}
