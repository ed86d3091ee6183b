import type { Address, Effect, Machine, MachineEvent } from "../../src/protocol/machine.ts";
import type { Dice } from "./dice.ts";
import type { Network } from "./network.ts";
import { Node } from "./node.ts";
import { drawMalformed, drawRequest, type SimulatedRequest } from "./requests.ts";

/** A line that a raw client sends, and the reply that it expects. */
export interface RawLine {
  readonly text: string;
  /** The `id` as it stands in the line. */
  readonly id: string | undefined;
  /** What it asks, or the code of the error that it is. */
  readonly request: SimulatedRequest | { readonly code: string };
  readonly fromMs: number;
  toMs: number;
  reply: string | undefined;
}

/** How a raw client behaves. */
export interface RawClientOptions {
  readonly name: string;
  readonly server: Address;
  readonly lines: number;
  /** Whether it ends its sending half after its last line. */
  readonly halfCloses: boolean;
  /** Whether it goes without waiting for its replies. */
  readonly vanishes: boolean;
  /** Hears of every reply. */
  readonly replied: (line: RawLine) => void;
}

/**
 * A client as somebody writes it with `nc`: sends its lines in a few bursts, some of them no requests at all, and
 * reads what comes. It dials once, and asks nothing again.
 */
export class RawClient implements Machine {
  readonly wakeAtMs = Infinity;
  readonly node: Node;
  readonly lines: RawLine[] = [];
  /** Whether its connection has ended in good order. */
  hasEnded = false;
  /** Why its connection has broken. */
  broken: string | undefined;
  readonly #options: RawClientOptions;
  readonly #bare: RawLine[] = [];
  readonly #byId = new Map<string, RawLine>();
  readonly #decoder = new TextDecoder();
  #partial = "";

  /** A client that has not dialled yet. */
  constructor(network: Network, options: RawClientOptions) {
    this.#options = options;
    const { name } = options;
    this.node = new Node(network, { name, host: name, machine: this });
  }

  /** Whether nothing more will come. */
  get isDone(): boolean {
    if (this.hasEnded || this.broken !== undefined || !this.node.isAlive) return true;
    return this.lines.length === this.#options.lines && this.#unanswered === 0 &&
      !this.#options.halfCloses;
  }

  get #unanswered(): number {
    return this.#bare.length + this.#byId.size;
  }

  /** Dials. */
  start(): void {
    const { server: address } = this.#options;
    this.node.post(() => this.node.carryOut([{ kind: "connect", connection: -1, address }]));
  }

  /** Goes away. */
  leave(): void {
    this.node.kill();
  }

  /** Takes one event. */
  step(event: MachineEvent): Effect[] {
    switch (event.kind) {
      case "connected":
        this.#sendMore();
        return [];
      case "received":
        this.#received(event.bytes);
        return [];
      case "ended":
        this.hasEnded = true;
        return [{ kind: "close", connection: -1 }];
      case "closed":
        this.broken = event.reason;
        return [];
      default:
        return [];
    }
  }

  #sendMore(): void {
    const { clock, dice } = this.node;
    const { lines, halfCloses, vanishes } = this.#options;
    clock.after(100 * dice.next(), () => {
      if (this.isDone || !this.node.isAlive) return;
      let text = "";
      const burst = Math.min(dice.between(1, 20), lines - this.lines.length);
      for (let count = 0; count < burst; count++) text += this.#line(dice);
      const isLast = this.lines.length === lines;
      // A complete last line is answered without its newline, too.
      if (isLast && halfCloses && dice.chance(0.5)) text = text.replace(/\r?\n$/, "");
      this.node.post(() => {
        this.node.carryOut([{ kind: "write", connection: -1, text }]);
        if (isLast && halfCloses) this.node.connections.get(-1)?.endSending();
      });
      if (!isLast) this.#sendMore();
      else if (vanishes) clock.after(10 * dice.next(), () => this.leave());
    });
  }

  #line(dice: Dice): string {
    const number = this.lines.length;
    const id = dice.chance(0.5) ? undefined : dice.chance(0.5) ? `${number}` : `"x${number}"`;
    const request = dice.chance(0.25) ? undefined : drawRequest(dice);
    const malformed = request === undefined ? drawMalformed(dice, id) : undefined;
    const opening = id === undefined ? "{" : `{"id":${id},`;
    const line: RawLine = {
      text: malformed?.text ?? opening + request!.body,
      id: malformed === undefined ? id : malformed.id,
      request: request ?? { code: malformed!.code },
      fromMs: this.node.clock.nowMs,
      toMs: Infinity,
      reply: undefined,
    };
    this.lines.push(line);
    if (line.id === undefined) this.#bare.push(line);
    else this.#byId.set(line.id, line);
    return (dice.chance(0.05) ? "\n" : "") + line.text + (dice.chance(0.1) ? "\r\n" : "\n");
  }

  #received(bytes: Uint8Array): void {
    this.#partial += this.#decoder.decode(bytes, { stream: true });
    const texts = this.#partial.split("\n");
    this.#partial = texts.pop()!;
    for (const text of texts) this.#reply(text);
  }

  #reply(text: string): void {
    const id = /^\{"id":("x\d+"|\d+)[,}]/.exec(text)?.[1];
    const line = id === undefined ? this.#bare.shift() : this.#byId.get(id);
    if (line === undefined) {
      this.node.network.fault(`${this.#options.name} got what it had not asked: ${text}`);
      return;
    }
    if (id !== undefined) this.#byId.delete(id);
    line.reply = text;
    line.toMs = this.node.clock.nowMs;
    this.#options.replied(line);
  }
}
