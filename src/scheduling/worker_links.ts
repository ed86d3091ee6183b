import { CONNECT_TIMEOUT_MS } from "../limits.ts";
import type { Worker } from "./worker.ts";
import { WorkerLink } from "./worker_link.ts";
import type { WorkerPort } from "./worker_port.ts";

/** The connections of one worker: one that speaks the full protocol, or a few plain ones. */
export class WorkerLinks implements Iterable<WorkerLink> {
  readonly #worker: Worker;
  readonly #port: WorkerPort;
  readonly #links = new Set<WorkerLink>();
  #full: WorkerLink | undefined;

  /** No connections yet. */
  constructor(worker: Worker, port: WorkerPort) {
    this.#worker = worker;
    this.#port = port;
  }

  /** All of them, as they are now: closing one does not disturb the walk. */
  [Symbol.iterator](): Iterator<WorkerLink> {
    return [...this.#links][Symbol.iterator]();
  }

  /** How many there are, those that are being dialled included. */
  get size(): number {
    return this.#links.size;
  }

  /** The one that speaks the full protocol. */
  get full(): WorkerLink | undefined {
    return this.#full;
  }

  /** A plain one that has nothing in hand. */
  get idle(): WorkerLink | undefined {
    for (const link of this.#links) {
      if (link.phase === "plain" && link.inFlight.size === 0) return link;
    }
    return undefined;
  }

  /** Whether one stands that work can go over. */
  get isConnected(): boolean {
    if (this.#full !== undefined) return true;
    for (const link of this.#links) if (link.phase === "plain") return true;
    return false;
  }

  /** Pieces of work in flight. */
  get inFlight(): number {
    if (this.#full !== undefined) return this.#full.inFlight.size;
    let count = 0;
    for (const link of this.#links) count += link.inFlight.size;
    return count;
  }

  /** Whether a reply has come over any of them since the given time. */
  answeredSince(sinceMs: number): boolean {
    for (const link of this.#links) if (link.lastReplyMs >= sinceMs) return true;
    return false;
  }

  /** A new one, which is to be dialled. */
  dial(greets: boolean, nowMs: number): WorkerLink {
    const link = new WorkerLink(this.#worker, this.#port.newConnection(), greets);
    link.deadlineMs = nowMs + CONNECT_TIMEOUT_MS;
    this.#port.wakeBy(link.deadlineMs);
    this.#links.add(link);
    return link;
  }

  /** One that the worker itself has dialled. */
  add(link: WorkerLink): void {
    this.#links.add(link);
  }

  /** This one speaks the full protocol. */
  becomeFull(link: WorkerLink): void {
    link.phase = "full";
    this.#full = link;
  }

  /** One is gone. */
  delete(link: WorkerLink): void {
    this.#links.delete(link);
    if (link === this.#full) this.#full = undefined;
  }

  /** Closes one. */
  close(link: WorkerLink): void {
    this.#port.close(link.connection);
    this.delete(link);
  }

  /** Closes the plain ones that have nothing in hand. */
  closeIdle(): void {
    for (let link = this.idle; link !== undefined; link = this.idle) this.close(link);
  }
}
