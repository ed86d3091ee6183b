import { BATCH } from "./batch.ts";
import { CONNECTION_COUNT } from "./connection_count.ts";
import { FAILOVER } from "./failover.ts";
import { FIXED_RATE } from "./fixed_rate.ts";
import { FRESH } from "./fresh.ts";
import { IDLE_CONNECTIONS } from "./idle_connections.ts";
import { IN_FLIGHT } from "./in_flight.ts";
import { LINE_LENGTH } from "./line_length.ts";
import { MEMORY } from "./memory.ts";
import type { Scenario } from "./scenario.ts";
import { START_UP } from "./start_up.ts";
import { SUM_SQUARES } from "./sum_squares.ts";
import { WIDE_SUM } from "./wide_sum.ts";
import { WIRE_BYTES } from "./wire_bytes.ts";
import { WORKER_COUNT } from "./worker_count.ts";

/** Every scenario of ours, in the order in which they run. Peers are a scenario of their own, in bench/peers/. */
export const SCENARIOS: readonly Scenario[] = [
  IN_FLIGHT,
  FRESH,
  FIXED_RATE,
  WORKER_COUNT,
  CONNECTION_COUNT,
  IDLE_CONNECTIONS,
  LINE_LENGTH,
  SUM_SQUARES,
  WIDE_SUM,
  WIRE_BYTES,
  MEMORY,
  FAILOVER,
  START_UP,
  BATCH,
];
