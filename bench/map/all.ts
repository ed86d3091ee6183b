import type { PeerOptions } from "../peers/peer.ts";
import type { Scenario } from "../scenarios/scenario.ts";
import { mapEfficiency } from "./efficiency.ts";
import { mapFaults } from "./faults.ts";
import { mapSpeed } from "./speed.ts";
import { MAP_START } from "./start.ts";

/** Every scenario of `client map`, in the order in which they run. */
export function mapScenarios(options: PeerOptions): Scenario[] {
  return [mapSpeed(options), mapEfficiency(options), mapFaults(options), MAP_START];
}
