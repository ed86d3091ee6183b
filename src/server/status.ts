import type { Coordinator } from "../scheduling/coordinator.ts";
import type { JobHub } from "../scheduling/jobs/hub.ts";
import type { Worker } from "../scheduling/worker.ts";
import { VERSION } from "../version.ts";

/** What a server counts. */
export interface ServerCounters {
  /** Calculations that were asked for. */
  received: number;
  /** Those answered with a result. */
  answered: number;
  /** Those answered with an error, and those whose requester had gone before they were done. */
  failed: number;
}

/** What a status needs to know beside the coordinator. */
export interface StatusFacts {
  readonly counters: ServerCounters;
  readonly jobs: JobHub;
  /** Open connections of requesters. */
  readonly connections: number;
  readonly startedMs: number;
  readonly nowMs: number;
}

/** The members of a server's reply to `status`; PROTOCOL.md says what each means. */
export function encodeStatus(coordinator: Coordinator, facts: StatusFacts): object {
  const { counters, jobs, connections, startedMs, nowMs } = facts;
  return {
    role: "calc_server",
    version: VERSION,
    uptime_ms: Math.round(nowMs - startedMs),
    connections,
    requests: { ...counters, in_flight: coordinator.active, waiting: coordinator.waiting },
    workers: coordinator.workers.map((worker) => workerStatus(worker, jobs, nowMs)),
  };
}

function workerStatus(worker: Worker, jobs: JobHub, nowMs: number): object {
  const { health } = worker;
  const { isCoordinator, ...facts } = worker.facts;
  const channel = jobs.channelTo(worker);
  return {
    name: worker.name,
    state: health.state,
    for_ms: Math.round(nowMs - health.sinceMs),
    ...(health.reason === "" ? {} : { reason: health.reason }),
    joined: !worker.isConfigured,
    protocol: worker.protocol,
    ...(isCoordinator ? { role: "calc_server" } : {}),
    ...facts,
    ...(channel === undefined ? {} : { slots: channel.slots, running: channel.running }),
    in_flight: worker.inFlight,
    completed: worker.completed,
    failed: worker.failed,
  };
}
