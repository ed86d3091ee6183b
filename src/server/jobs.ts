import { PROTOCOL_VERSION } from "../limits.ts";
import { encodeErrorReply, encodeOkReply } from "../protocol/encode.ts";
import { type WireError, wireError } from "../protocol/errors.ts";
import { ownFacts, type RoleFacts, versionMismatch } from "../protocol/hello.ts";
import type { CancelRequest, ChannelRequest, JobsRequest } from "../protocol/messages.ts";
import type { Session } from "../protocol/session.ts";
import type { Coordinator } from "../scheduling/coordinator.ts";
import type { ClientJob } from "../scheduling/jobs/client_job.ts";
import { JobHub } from "../scheduling/jobs/hub.ts";
import { workforceOf } from "../scheduling/jobs/progress.ts";

/** How a server's jobs are set up. */
export interface JobServiceOptions {
  readonly facts: RoleFacts;
  /** Names the process of the server to one above it. */
  readonly instance?: string;
  /** Whether code, and the end of somebody's job, are taken from whoever reaches the server. */
  readonly allowsChanges: boolean;
  /** The SHA-256 of some bytes, in hexadecimal digits. */
  readonly sha256: (pieces: readonly Uint8Array[]) => string;
}

/** What is answered to a request for a channel. */
export interface ChannelAnswer {
  /** The line of the reply. */
  readonly text: string;
  /** Makes the connection, which is nobody's by then, the channel that it was to be; absent if it was refused. */
  readonly accept?: () => void;
}

/** What a server answers to requests about jobs. */
export class JobService {
  readonly hub: JobHub;
  readonly #options: JobServiceOptions;
  readonly #coordinator: Coordinator;

  /** The jobs over a coordinator's workers. */
  constructor(options: JobServiceOptions, coordinator: Coordinator) {
    this.#options = options;
    this.#coordinator = coordinator;
    this.hub = new JobHub({
      workers: coordinator.workers,
      newConnection: () => coordinator.newConnection(),
      random: () => coordinator.random(),
      sha256: options.sha256,
    });
  }

  /** Somebody wants a channel: a client or a coordinator above us, or a worker that has joined us. */
  channel(request: ChannelRequest, session: Session, nowMs: number): ChannelAnswer {
    const { id, protocol, instance, slots = 0 } = request;
    const { connection } = session;
    const worker = instance === undefined ? undefined : this.#coordinator.joinedAs(instance);
    const refusal = versionMismatch(protocol) ??
      (session.isAlone ? undefined : wireError("channel_not_alone")) ??
      (this.#options.allowsChanges ? undefined : wireError("code_not_allowed")) ??
      (instance !== undefined && worker === undefined
        ? wireError("unknown_instance")
        : undefined) ??
      (instance === undefined && !this.hub.hasRoom(nowMs) ? wireError("too_many_jobs") : undefined);
    if (refusal !== undefined) return { text: encodeErrorReply(refusal, id) };
    const facts = { ...this.#options.facts, slots: this.hub.slots };
    const names = { instance: this.#options.instance };
    const members = { op: "channel", protocol: PROTOCOL_VERSION, ...ownFacts(facts), ...names };
    return {
      text: encodeOkReply(members, id),
      accept: () => {
        if (worker === undefined) this.hub.addClient(connection, nowMs);
        else this.hub.addWorker(connection, worker, { slots, instance }, nowMs);
      },
    };
  }

  /** The reply to `jobs`. */
  jobs({ op, id }: JobsRequest, nowMs: number): string {
    const jobs = [...this.hub.jobs].map((client) => this.#jobStatus(client, nowMs));
    return encodeOkReply({ op, jobs }, id);
  }

  /** The reply to `cancel`. */
  cancel({ op, id, job }: CancelRequest, nowMs: number): string {
    const refusal = this.#cancelRefusal(job, nowMs);
    return refusal === undefined ? encodeOkReply({ op, job }, id) : encodeErrorReply(refusal, id);
  }

  #cancelRefusal(job: string, nowMs: number): WireError | undefined {
    if (!this.#options.allowsChanges) return wireError("not_allowed");
    if (this.hub.cancel(job, nowMs)) return undefined;
    return wireError("unknown_job", JSON.stringify(job));
  }

  #jobStatus({ job, rate }: ClientJob, nowMs: number): object {
    const { total } = job.opening;
    const { workers, slots } = workforceOf(job, this.hub.board);
    return {
      job: job.name,
      name: job.opening.name,
      state: slots > 0 && job.hasRun ? "running" : "waiting",
      done: job.tally.done,
      ...(total === undefined ? {} : { total }),
      failed: job.tally.failed,
      workers,
      slots,
      since_ms: Math.round(nowMs - job.startedMs),
      items_per_s: Math.round(rate.perSecond),
    };
  }
}
