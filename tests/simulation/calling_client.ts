import { ClientMachine, type Exchange, type ExchangeFailure } from "../../src/client/machine.ts";
import type { Address } from "../../src/protocol/machine.ts";
import type { Dice } from "./dice.ts";
import type { Network } from "./network.ts";
import { Node } from "./node.ts";
import { drawRequest, type SimulatedRequest } from "./requests.ts";

/** One request of a client, and what became of it. */
export interface Asked {
  readonly request: SimulatedRequest;
  readonly client: string;
  readonly bare: boolean;
  readonly exchange: Exchange;
  readonly fromMs: number;
  /** When it ended. */
  toMs: number;
  /** The reply without its `id`. */
  reply: string | undefined;
  failure: ExchangeFailure | undefined;
  /** Replies and failures that came: one in the end, none for one that was given up. */
  endings: number;
  isGivenUp: boolean;
}

/** How a client asks. */
export interface CallingOptions {
  readonly name: string;
  readonly servers: readonly Address[];
  /** Requests in all. */
  readonly requests: number;
  /** Requests in flight. */
  readonly window: number;
  /** The longest pause before each request, in milliseconds. */
  readonly pauseMs: number;
  /** How long it waits for a reply, in milliseconds. */
  readonly timeoutMs: number;
  /** Which part of its requests it gives up. */
  readonly givesUp: number;
  /** What it asks; anything, where nothing is said. */
  readonly draw?: (dice: Dice) => SimulatedRequest;
  /** Hears of every request that has ended. */
  readonly ended: (asked: Asked) => void;
}

/** A program with our own client inside: keeps a window of requests in flight until all have been asked. */
export class CallingClient {
  readonly node: Node;
  readonly all: Asked[] = [];
  readonly #machine: ClientMachine;
  readonly #options: CallingOptions;
  #inFlight = 0;
  #planned = 0;
  #hasLeft = false;

  /** A client that has not begun. */
  constructor(network: Network, options: CallingOptions) {
    this.#options = options;
    this.#machine = new ClientMachine({ servers: options.servers });
    const { name } = options;
    this.node = new Node(network, { name, host: name, machine: this.#machine });
  }

  /** Whether all its requests have ended. */
  get isDone(): boolean {
    const askedAll = this.#hasLeft || this.all.length === this.#options.requests;
    return askedAll && this.#inFlight === 0;
  }

  /** Requests that its machine still holds. */
  get held(): number {
    return this.#machine.inFlight;
  }

  /** Begins to ask. */
  start(): void {
    this.node.start();
    this.#askMore();
  }

  /** Leaves, whatever is in flight. */
  leave(): void {
    if (this.#hasLeft) return;
    this.#hasLeft = true;
    this.node.post(() => this.node.step({ kind: "stop" }));
  }

  #askMore(): void {
    const { requests, window, pauseMs } = this.#options;
    const { clock, dice } = this.node;
    while (this.#inFlight + this.#planned < window) {
      if (this.#hasLeft || this.all.length + this.#planned >= requests) return;
      this.#planned++;
      clock.after(pauseMs * dice.next(), () => {
        this.node.post(() => {
          this.#planned--;
          if (!this.#hasLeft) this.#ask();
        });
      });
    }
  }

  #ask(): void {
    const { node } = this;
    const { dice, clock } = node;
    const { name, timeoutMs, givesUp, draw = drawRequest } = this.#options;
    const request = draw(dice);
    const bare = dice.chance(0.4);
    const exchange: Exchange = {
      body: request.body,
      bare,
      deadlineMs: node.nowMs + timeoutMs,
      done: false,
      replied: (text) => this.#end(asked, text, undefined),
      failed: (failure) => this.#end(asked, undefined, failure),
    };
    const asked: Asked = {
      request,
      client: name,
      bare,
      exchange,
      fromMs: clock.nowMs,
      toMs: Infinity,
      reply: undefined,
      failure: undefined,
      endings: 0,
      isGivenUp: false,
    };
    this.all.push(asked);
    this.#inFlight++;
    this.#machine.submit(exchange, node.nowMs);
    node.carryOut(this.#machine.flush());
    if (dice.chance(givesUp)) clock.after(20 * dice.next(), () => this.#giveUp(asked));
  }

  #giveUp(asked: Asked): void {
    if (asked.endings > 0) return;
    asked.exchange.done = asked.isGivenUp = true;
    asked.toMs = this.node.clock.nowMs;
    this.#inFlight--;
    this.#askMore();
  }

  #end(asked: Asked, reply: string | undefined, failure: ExchangeFailure | undefined): void {
    const { network, clock } = this.node;
    if (++asked.endings > 1 || asked.isGivenUp) {
      network.fault(`{${asked.request.body} of ${asked.client} ended again: ${reply}`);
      return;
    }
    asked.toMs = clock.nowMs;
    asked.reply = reply;
    asked.failure = failure;
    this.#inFlight--;
    this.#options.ended(asked);
    this.#askMore();
  }
}
