import { ChannelFramer, type Framed } from "../../jobs/channel_framer.ts";
import { isWhole } from "../../jobs/members.ts";
import type { OpenMessage } from "../../jobs/messages.ts";
import { Pulse } from "../../jobs/pulse.ts";
import { readChunk, readOpening } from "../../jobs/read_requester.ts";
import { HEARTBEAT_INTERVAL_MS, JOB_CLIENT_SILENCE_MS } from "../../limits.ts";
import { type ErrorCode, type WireError, wireError } from "../../protocol/errors.ts";
import type { ConnectionId } from "../../protocol/machine.ts";
import { ChannelWire, type WirePort } from "./channel_wire.ts";
import type { ClientJob } from "./client_job.ts";

/** What a channel to a client needs of its surroundings. */
export interface ClientChannelPort extends WirePort {
  /** The client opens a job. Gives why it is refused, if it is. */
  open(channel: ClientChannel, opening: OpenMessage, nowMs: number): ClientJob | WireError;
  /** More of a job's module is here. */
  codeCame(client: ClientJob): void;
  /** A job has got more to do, or something of it. */
  linesCame(): void;
  /** The client does not want a job any more. */
  closed(client: ClientJob): void;
  /** There may be something to give. */
  changed(): void;
}

/** The channel to one client, or to a coordinator above: the jobs that it has opened. */
export class ClientChannel {
  readonly connection: ConnectionId;
  readonly wire: ChannelWire;
  /** By the client's numbers. */
  readonly jobs: Map<number, ClientJob> = new Map();
  /** Slots that the client has been told of. */
  toldSlots: number;
  toldMs = -Infinity;
  /** When it had a job last, or was opened. */
  usedMs: number;
  readonly #port: ClientChannelPort;
  readonly #framer = new ChannelFramer(({ job }) => this.jobs.has(job as number));
  readonly #pulse: Pulse;

  /** A channel without jobs. */
  constructor(connection: ConnectionId, slots: number, port: ClientChannelPort, nowMs: number) {
    this.connection = connection;
    this.toldSlots = slots;
    this.usedMs = nowMs;
    this.wire = new ChannelWire(connection, port);
    this.#port = port;
    this.#pulse = new Pulse(JOB_CLIENT_SILENCE_MS / HEARTBEAT_INTERVAL_MS, nowMs);
  }

  /** Everything that was sent has gone: what has waited for that goes on. */
  drained(): void {
    const { unread } = this.wire;
    const hasWaited = unread.drained();
    for (const notice of unread.takeNotices(this.jobs)) this.wire.send(notice);
    if (!hasWaited) return;
    this.#port.changed();
    for (const [number, { job }] of [...this.jobs]) {
      job.flush();
      if (!unread.isMuch) continue;
      // Next time the others come first.
      const client = this.jobs.get(number)!;
      this.jobs.delete(number);
      this.jobs.set(number, client);
      return;
    }
  }

  /** Bytes came; gives what is wrong with them. */
  received(bytes: Uint8Array, nowMs: number): string | undefined {
    this.#pulse.heard(nowMs);
    const framer = this.#framer;
    framer.push(bytes);
    for (let framed = framer.next(); framed !== undefined; framed = framer.next()) {
      const fault = this.#take(framed, nowMs) ?? this.wire.unread.fault;
      if (fault !== undefined) return fault;
    }
    return framer.fault;
  }

  /** When {@linkcode tick} has something to do. */
  get dueMs(): number {
    return this.#pulse.dueMs;
  }

  /** Asks whether the client lives, if that is due; gives whether it is gone. */
  tick(nowMs: number): boolean {
    const pulse = this.#pulse.tick(nowMs);
    if (pulse === "ask") this.wire.send({ op: "ping" });
    return pulse === "gone";
  }

  #take({ members, payload }: Framed, nowMs: number): string | undefined {
    switch (members.op) {
      case "ping":
        return this.wire.send({ op: "pong" }) as undefined;
      case "pong":
        return undefined;
      case "open":
        return this.#open(members, nowMs);
    }
    const client = this.jobs.get(members.job as number);
    // What was under way when a job failed, or was cancelled.
    return client && this.#takeOfJob(client, { members, payload }, nowMs);
  }

  #takeOfJob(
    client: ClientJob,
    { members, payload }: Framed,
    nowMs: number,
  ): string | undefined {
    const { job } = client;
    switch (members.op) {
      case "code": {
        const fault = client.addCode(payload, nowMs);
        if (fault === undefined) this.#port.codeCame(client);
        return fault;
      }
      case "chunk": {
        const chunk = readChunk(members, job.opening.input);
        if (chunk === undefined) return "gave a chunk that is none";
        const fault = client.addChunk(chunk, payload);
        if (fault === undefined) this.#port.linesCame();
        return fault;
      }
      case "items": {
        const fault = client.addLines(members.chunk as number, payload);
        if (fault === undefined) this.#port.linesCame();
        return fault;
      }
      case "credit":
        if (!isWhole(members.credit)) return "allowed something that is no number";
        this.#port.changed();
        return job.credited(members.chunk as number, members.credit) as undefined;
      case "drop":
        this.#port.changed();
        return job.drop(members.chunk as number) as undefined;
      case "close":
        return this.#port.closed(client) as undefined;
    }
  }

  #open(members: Framed["members"], nowMs: number): string | undefined {
    const { job } = members;
    if (!isWhole(job) || this.jobs.has(job)) return "opened a job twice";
    const opening = readOpening(members);
    if (opening === undefined) return this.#refuse(job, wireError("bad_job"));
    const client = this.#port.open(this, opening, nowMs);
    if ("text" in client) return this.#refuse(job, client);
    this.jobs.set(job, client);
    if (client.job.code === undefined) this.wire.send({ op: "need", job });
    client.allowInput();
  }

  #refuse(job: number, { code, text }: WireError): undefined {
    this.wire.send({ op: "job_failed", job, code: code satisfies ErrorCode, error: text });
  }
}
