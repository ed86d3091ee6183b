import type { Cluster } from "./cluster.ts";
import type { Node } from "./node.ts";
import { addition } from "./scenario.ts";

/** What is looked at once everything is healed and quiet: nothing is left over, and all is as on the first day. */
export class Ending {
  readonly #cluster: Cluster;

  /** The ending of a run in a cluster. */
  constructor(cluster: Cluster) {
    this.#cluster = cluster;
  }

  /** All of it, which takes a while of virtual time and ends the cluster. */
  check(): void {
    for (const server of this.#cluster.servers) this.#checkQuiet(server);
    this.#checkIdleTicks();
    this.#checkService();
    this.#checkStops();
  }

  #checkQuiet(server: Node): void {
    const { network } = this.#cluster;
    const { name } = server;
    const { connections, requests, workers } = this.#cluster.status(server);
    const counts = { connections, in_flight: requests.in_flight, waiting: requests.waiting };
    if (Object.values(counts).some((count) => count !== 0)) {
      network.fault(`${name} is not empty at the end: ${JSON.stringify(counts)}`);
    }
    const received = requests.received!;
    if (requests.answered! + requests.failed! !== received) {
      network.fault(`${name} has lost count: ${JSON.stringify(requests)}`);
    }
    for (const worker of workers) {
      if (worker.in_flight !== 0) network.fault(`${name}: ${JSON.stringify(worker)} at the end`);
    }
  }

  /** Idle, a server wakes for heartbeats and dials, and a worker for nothing much. */
  #checkIdleTicks(): void {
    const { clock, network, servers, workers } = this.#cluster;
    const nodes = [...servers, ...workers.map((slot) => slot.node)];
    const before = nodes.map((node) => node.ticks);
    const seconds = 5;
    clock.runUntil(clock.nowMs + 1000 * seconds);
    nodes.forEach((node, index) => {
      const ticks = node.ticks - before[index]!;
      const most = seconds * 4 * (workers.length + 1);
      if (ticks > most) {
        network.fault(`${node.name} ticks ${ticks} times in ${seconds} idle seconds`);
      }
    });
  }

  /** After all that, a new client is served as on the first day. */
  #checkService(): void {
    const { clock, network, workers } = this.#cluster;
    if (workers.every((slot) => slot.script !== undefined)) return;
    const replies: string[] = [];
    const client = this.#cluster.client({
      name: "last",
      requests: 5,
      window: 5,
      pauseMs: 0,
      givesUp: 0,
      timeoutMs: 10_000,
      draw: addition,
      ended: (asked) => replies.push(asked.reply ?? asked.failure!.text),
    });
    clock.runUntilDone(() => client.isDone, clock.nowMs + 12_000);
    const isRight = replies.length === 5 && replies.every((reply) => reply.includes("3.0"));
    if (!isRight) network.fault(`no service at the end: ${replies.join(" ")}`);
    client.leave();
  }

  /** Every role ends in good order when it is told to. */
  #checkStops(): void {
    const { clock, network, servers, workers } = this.#cluster;
    const nodes = [...servers, ...workers.map((slot) => slot.node)];
    for (const node of nodes) node.post(() => node.step({ kind: "stop" }));
    clock.runUntil(clock.nowMs + 12_000);
    for (const node of nodes) {
      if (node.isAlive) network.fault(`${node.name} does not end`);
      else if (node.machine.wakeAtMs !== Infinity) network.fault(`${node.name} wakes when ended`);
    }
  }
}
