import type { Cluster, WorkerSlot } from "./cluster.ts";
import type { Node } from "./node.ts";
import type { Socket } from "./socket.ts";
import type { Usability } from "./usability.ts";

/** What can go wrong with a worker. */
const WORKER_FAULTS = [
  "crash",
  "power cut",
  "hang",
  "slow",
  "block",
  "reset",
  "vanish",
  "jump",
  "drain",
  "terminate",
] as const;
/** What can go wrong with a server that must not end. */
const SERVER_FAULTS = ["hang", "jump"] as const;

/**
 * Makes things go wrong in a cluster, and right again. Every fault of a worker is entered as its trouble; those
 * of the servers are everybody's.
 */
export class Faults {
  /** Connections of which an end was never told that they are gone. */
  readonly #vanished: Socket[] = [];
  readonly #cluster: Cluster;
  readonly #usability: Usability;
  /** Troubles that last until everything is healed. */
  #open: (() => void)[] = [];

  constructor(cluster: Cluster, usability: Usability) {
    this.#cluster = cluster;
    this.#usability = usability;
  }

  /** A fault of a worker, now. */
  ofWorker(slot: WorkerSlot): void {
    const fault = this.#cluster.dice.pick(WORKER_FAULTS);
    const { node } = slot;
    if (!node.isAlive) return;
    this.#note(slot.host, fault);
    switch (fault) {
      case "crash":
      case "power cut":
        return this.#crash(slot, fault === "power cut");
      case "hang":
        node.hang();
        return this.#lasts(slot, this.#duration(50, 6000), () => node.goOn());
      case "slow":
        node.stepMs = this.#cluster.dice.between(1, 150);
        return this.#lasts(slot, this.#duration(100, 3000), () => node.stepMs = 0);
      case "block":
        return this.#block(slot);
      case "reset":
      case "vanish":
        this.#reset(slot, node, fault === "vanish");
        return;
      case "jump":
        node.jump(this.#duration(10, 8000));
        return this.#lasts(slot, 0, () => {});
      case "drain":
        return this.#drainFor(slot, this.#duration(10, 4000));
      case "terminate":
        return this.#terminate(slot);
    }
  }

  /** A fault of a server: it is stopped for a while, or its clock jumps. */
  ofServer(server: Node): void {
    const { dice, workers } = this.#cluster;
    const fault = dice.pick(SERVER_FAULTS);
    this.#note(server.name, fault);
    const durationMs = this.#duration(20, 5000);
    for (const slot of workers) this.#lasts(slot, fault === "hang" ? durationMs : 0, () => {});
    if (fault === "jump") return server.jump(durationMs);
    server.hang();
    this.#later(durationMs, () => server.goOn());
  }

  /** A fault of a client's way to the servers. */
  ofClient(client: Node): void {
    const { dice, network, clock, servers } = this.#cluster;
    const fault = dice.pick(["reset", "vanish", "block", "hang"]);
    this.#note(client.name, fault);
    if (fault === "hang") {
      client.hang();
      this.#later(this.#duration(20, 3000), () => client.goOn());
    } else if (fault === "block") {
      const untilMs = clock.nowMs + this.#duration(20, 3000);
      for (const { host } of servers) network.block(client.host, host, untilMs);
    } else this.#cutOne(client, fault === "vanish");
  }

  /** Somebody asks the servers to give a worker nothing new, or to go on. */
  drain(slot: WorkerSlot, isDraining: boolean): void {
    const op = isDraining ? "drain" : "undrain";
    const line = `{"op":"${op}","worker":${JSON.stringify(slot.name)}}\n`;
    this.#note(slot.host, op);
    for (const server of this.#cluster.servers) {
      const connection = 2_000_000_000 + this.#cluster.dice.below(1_000_000);
      const bytes = new TextEncoder().encode(line);
      server.post(() => {
        server.step({ kind: "accepted", connection, remote: "admin" });
        server.stepIgnoring({ kind: "received", connection, bytes }, connection);
        server.step({ kind: "closed", connection, reason: "done" });
      });
    }
  }

  /** Everything that is wrong is made right. */
  heal(): void {
    const { clock, network, servers, workers } = this.#cluster;
    this.#note("all", "heal");
    network.unblock();
    for (const end of [...this.#open]) end();
    for (const server of servers) server.goOn();
    for (const slot of workers) {
      if (!slot.node.isAlive) this.#cluster.restart(slot);
      slot.node.goOn();
    }
    for (const socket of this.#vanished) socket.reset(0, 0);
    clock.runUntil(clock.nowMs);
  }

  #note(who: string, text: string): void {
    this.#cluster.trace.note(this.#cluster.clock.nowMs, "****", `${who}: ${text}`);
  }

  /** Short ones are as likely as long ones. */
  #duration(leastMs: number, mostMs: number): number {
    const { dice } = this.#cluster;
    return leastMs * (mostMs / leastMs) ** dice.next();
  }

  /** A trouble that ends after a while, or when everything is healed. */
  #lasts(slot: WorkerSlot, ms: number, repair: () => void): void {
    const { clock } = this.#cluster;
    const endTrouble = this.#usability.begin(slot.host, clock.nowMs);
    const end = () => {
      if (!this.#open.includes(end)) return;
      this.#open = this.#open.filter((one) => one !== end);
      this.#note(slot.host, "ends");
      repair();
      endTrouble(clock.nowMs);
    };
    this.#open.push(end);
    clock.after(ms, end);
  }

  #later(ms: number, action: () => void): void {
    const once = () => {
      if (!this.#open.includes(once)) return;
      this.#open = this.#open.filter((one) => one !== once);
      action();
    };
    this.#open.push(once);
    this.#cluster.clock.after(ms, once);
  }

  /** Of several of one name it may be any: servers number them in the order in which they came. */
  #drainFor(slot: WorkerSlot, ms: number): void {
    this.drain(slot, true);
    for (const namesake of this.#cluster.workers) {
      if (namesake.name === slot.name && namesake !== slot) this.#lasts(namesake, ms, () => {});
    }
    this.#lasts(slot, ms, () => this.drain(slot, false));
  }

  #crash(slot: WorkerSlot, isPowerCut: boolean): void {
    // A server keeps what was only accepted until its system finds out, which takes longer than a run.
    if (isPowerCut) this.#vanished.push(...slot.node.made);
    slot.node.kill(isPowerCut);
    if (isPowerCut) this.#cluster.network.switchOff(slot.host, true);
    this.#lasts(slot, this.#duration(20, 5000), () => this.#cluster.restart(slot));
  }

  #terminate(slot: WorkerSlot): void {
    const { node } = slot;
    node.post(() => node.step({ kind: "stop" }));
    this.#lasts(slot, this.#duration(20, 5000), () => {
      // Its time is up, as with a service manager.
      if (node.isAlive) node.kill();
      this.#cluster.restart(slot);
    });
  }

  #block(slot: WorkerSlot): void {
    const { clock, network, servers } = this.#cluster;
    const ms = this.#duration(20, 6000);
    for (const { host } of servers) network.block(slot.host, host, clock.nowMs + ms);
    this.#lasts(slot, ms, () => {});
  }

  #reset(slot: WorkerSlot, node: Node, neverHeard: boolean): void {
    this.#cutOne(node, neverHeard);
    // Who is never told finds out by three heartbeats.
    this.#lasts(slot, neverHeard ? 4500 : 1500, () => {});
  }

  #cutOne(node: Node, neverHeard: boolean): void {
    const { dice } = this.#cluster;
    const sockets = [...node.connections.values()];
    if (sockets.length === 0) return;
    const socket = dice.pick(sockets);
    const hearsMs = () => neverHeard && dice.chance(0.7) ? Infinity : dice.next() * 1000;
    socket.reset(hearsMs(), hearsMs());
    this.#vanished.push(socket);
  }
}
