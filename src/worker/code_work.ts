import { versionMismatch } from "../protocol/hello.ts";
import { type WireError, wireError } from "../protocol/errors.ts";
import type { Address, ConnectionEvent, ConnectionId } from "../protocol/machine.ts";
import type { ChannelRequest } from "../protocol/messages.ts";
import type { Session } from "../protocol/session.ts";
import { ChannelJoining } from "./channel_joining.ts";
import type { RunnerOptions } from "./jobs/port.ts";
import { Runner } from "./jobs/runner.ts";
import type { DialPort } from "./joining.ts";

/** How a worker runs code for the coordinators that it joins, and for whoever asks for a channel. */
export interface CodeWorkOptions extends RunnerOptions {
  /** Names this process. */
  readonly instance: string;
  /** The coordinators that it joins. */
  readonly join: readonly Address[];
}

/** The part of a worker that runs users' functions: its job channels, however they came about. */
export class CodeWork {
  /** What runs the jobs. */
  readonly runner: Runner;
  readonly #joinings: readonly ChannelJoining[];
  /** What the coordinators call this worker. */
  readonly #names: (string | undefined)[] = [];
  #nowMs = 0;

  /** A worker that has no channel yet. */
  constructor(options: CodeWorkOptions, port: DialPort) {
    this.runner = new Runner(options, {
      ...port,
      channelEnded: (connection) => {
        for (const joining of this.#joinings) joining.channelEnded(connection, this.#nowMs);
      },
    });
    const { instance, slots } = options;
    this.#joinings = options.join.map((coordinator, index) =>
      new ChannelJoining(coordinator, { instance, slots }, {
        ...port,
        taken: (connection) => this.runner.takeChannel(connection, this.#names[index], this.#nowMs),
        rest: (connection, bytes) =>
          this.runner.step({ kind: "received", connection, bytes }, this.#nowMs),
      })
    );
  }

  /** Whether a connection has to do with jobs. */
  has(connection: ConnectionId): boolean {
    return this.runner.has(connection) || this.#joinings.some((one) => one.has(connection));
  }

  /** Takes an event of such a connection. */
  step(event: ConnectionEvent, nowMs: number): void {
    this.#nowMs = nowMs;
    const joining = this.#joinings.find((one) => one.has(event.connection));
    if (joining === undefined) this.runner.step(event, nowMs);
    else joining.step(event, nowMs);
  }

  /** Time has passed. */
  tick(nowMs: number): void {
    this.#nowMs = nowMs;
    this.runner.tick(nowMs);
    for (const joining of this.#joinings) joining.tick(nowMs);
  }

  /** A coordinator has taken this worker, under a name, or has been lost. */
  joined(index: number, name: string | undefined, nowMs: number): void {
    this.#nowMs = nowMs;
    this.#names[index] = name;
    this.#joinings[index]?.setJoined(name !== undefined, nowMs);
  }

  /** Why a connection cannot become a channel, if so. */
  refusal(session: Session, request: ChannelRequest): WireError | undefined {
    if (request.instance !== undefined) return wireError("not_a_coordinator");
    const mismatch = versionMismatch(request.protocol);
    if (mismatch !== undefined) return mismatch;
    if (!session.isAlone) return wireError("channel_not_alone");
    return this.runner.hasRoom ? undefined : wireError("too_many_jobs");
  }

  /** The role ends: nothing new is taken, and what is not done goes back. */
  leave(nowMs: number): void {
    this.#nowMs = nowMs;
    for (const joining of this.#joinings) joining.stop();
    this.runner.leave(nowMs);
  }
}
