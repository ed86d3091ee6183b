import { JOINED_PLACE_MS, MAX_JOINED_WORKERS } from "../limits.ts";
import { workerFacts } from "../protocol/hello.ts";
import type { JoinRequest } from "../protocol/messages.ts";
import { Worker } from "./worker.ts";
import type { WorkerPort } from "./worker_port.ts";

/** A worker, and the name that it asked for: it may have got another. */
interface Joined {
  readonly worker: Worker;
  readonly asked: string;
}

/** The workers that have dialled their coordinator: who they are, and how long a lost one keeps its place. */
export class JoinedWorkers {
  readonly #workers: Worker[];
  readonly #port: WorkerPort;
  readonly #byInstance = new Map<string, Joined>();

  /** Those that join are added at the end of `workers`, and taken out of it again. */
  constructor(workers: Worker[], port: WorkerPort) {
    this.#workers = workers;
    this.#port = port;
  }

  /**
   * The worker that joins: the one that it was before, if the same process dials again or a new one of the same
   * name comes in the place of a lost one; else a new one at the end. `undefined` if there are too many.
   */
  take(request: JoinRequest): Worker | undefined {
    const { name, instance } = request;
    let worker = this.#byInstance.get(instance)?.worker ?? this.#replaceLost(name);
    if (worker === undefined) {
      if (this.#byInstance.size >= MAX_JOINED_WORKERS) return undefined;
      worker = new Worker(this.#freeName(name), undefined, this.#port);
      this.#workers.push(worker);
    } else {
      worker.stop("replaced by another connection");
    }
    this.#byInstance.set(instance, { worker, asked: name });
    worker.facts = workerFacts(request.members);
    return worker;
  }

  /** The worker that has joined as an instance. */
  of(instance: string): Worker | undefined {
    return this.#byInstance.get(instance)?.worker;
  }

  /** Takes out those that have gone, and those that were lost too long ago. */
  tick(nowMs: number): void {
    for (const [instance, { worker }] of this.#byInstance) {
      if (worker.health.state !== "down") continue;
      const untilMs = worker.hasLeft ? nowMs : worker.health.sinceMs + JOINED_PLACE_MS;
      if (nowMs < untilMs) {
        this.#port.wakeBy(untilMs);
        continue;
      }
      this.#byInstance.delete(instance);
      this.#workers.splice(this.#workers.indexOf(worker), 1);
    }
  }

  #replaceLost(name: string): Worker | undefined {
    for (const [instance, { worker, asked }] of this.#byInstance) {
      if (asked !== name || worker.health.state !== "down") continue;
      this.#byInstance.delete(instance);
      return worker;
    }
  }

  #freeName(name: string): string {
    const taken = new Set(this.#workers.map((worker) => worker.name));
    if (!taken.has(name)) return name;
    let number = 2;
    while (taken.has(`${name}#${number}`)) number++;
    return `${name}#${number}`;
  }
}
