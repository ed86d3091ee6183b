import {
  HEARTBEAT_INTERVAL_MS,
  HEARTBEATS_TO_DOWN,
  HEARTBEATS_TO_SUSPECT,
  TICK_MS,
} from "../limits.ts";
import type { WorkerLink } from "./worker_link.ts";
import type { WorkerPort } from "./worker_port.ts";
import { pingLine } from "./worker_wire.ts";

/** What has not been answered over a link for long is asked of somebody else as well. */
export function hedgeSlow(link: WorkerLink, port: WorkerPort, nowMs: number): void {
  const delayMs = port.hedgeDelayMs;
  for (const attempt of link.inFlight) {
    if (attempt.startedMs + delayMs > nowMs) return port.wakeBy(attempt.startedMs + delayMs);
    attempt.hedged ||= port.hedge(attempt);
    if (!attempt.hedged) port.wakeBy(nowMs + TICK_MS);
  }
}

/**
 * Asks a full worker whether it lives, when that is due, and says how often it has not answered: `silent` after
 * two heartbeats, `gone` after three.
 */
export function heartbeat(
  link: WorkerLink,
  port: WorkerPort,
  nowMs: number,
): "alive" | "silent" | "gone" {
  if (nowMs < link.nextPingMs) {
    port.wakeBy(link.nextPingMs);
    return "alive";
  }
  if (link.pingId !== undefined) link.missed++;
  if (link.missed >= HEARTBEATS_TO_DOWN) return "gone";
  ping(link, port, nowMs);
  return link.missed >= HEARTBEATS_TO_SUSPECT ? "silent" : "alive";
}

/** Asks now. */
export function ping(link: WorkerLink, port: WorkerPort, nowMs: number): void {
  link.pingId = link.inFlight.newPingId();
  link.nextPingMs = nowMs + HEARTBEAT_INTERVAL_MS;
  port.wakeBy(link.nextPingMs);
  port.out(link).text(pingLine(link.pingId));
}
