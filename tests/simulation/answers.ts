import type { Asked } from "./calling_client.ts";
import { judge, type Judgement } from "./judge.ts";
import type { Network } from "./network.ts";
import type { Plan } from "./plan.ts";
import type { RawClient, RawLine } from "./raw_client.ts";
import type { Shares } from "./shares.ts";
import type { Trouble, Usability } from "./usability.ts";

/** What the replies of a run are judged by. */
export interface AnswersOptions {
  readonly plan: Plan;
  readonly network: Network;
  readonly shares: Shares;
  readonly usability: Usability;
  /** When the servers were in trouble. */
  readonly servers: Trouble;
  /** How long the client that asks too much waits, which is in no plan. */
  readonly hogTimeoutMs: number;
}

/** How long the way of a client's bytes may take, both ways, with slow systems: what times are compared with. */
const SLACK_MS = 100;
/**
 * The longest wait where a worker is usable and at most one may stall: two hedges, and slow ways. Where one
 * client asks for hundreds of things at once, the budget of hedges may be spent.
 */
const MAX_WAIT_MS = 500;
/** How long after its trouble a worker may still have requests that it got then. */
const STALL_MS = 4000;

/** A reply that was judged, and what is known of its request. */
interface Answered {
  readonly client: string;
  readonly body: string;
  readonly timeoutMs: number | undefined;
  readonly fromMs: number;
  readonly toMs: number;
}

/** Looks at every reply of a run: whether it is right, and if it is an error, whether there was reason for it. */
export class Answers {
  /** Replies that came. */
  count = 0;
  /** The longest wait where nothing but one worker was in trouble. */
  slowestMs = 0;
  /** When something was wrong with each client's way to the servers. */
  readonly clients: Map<string, Trouble> = new Map();
  readonly #options: AnswersOptions;

  /** No replies yet. */
  constructor(options: AnswersOptions) {
    this.#options = options;
  }

  /** A client of ours has its reply, or has been told that there is none. */
  ended(asked: Asked): void {
    if (asked.reply === undefined) return;
    const { bare, request, client, fromMs, toMs } = asked;
    const id = /^\{"id":(\d+),/.exec(asked.reply)?.[1];
    if ((id === undefined) !== bare) {
      this.#options.network.fault(`{${request.body} bare ${bare} got ${asked.reply}`);
    }
    const shares = this.#options.shares.between(fromMs, toMs);
    const judgement = judge(request, id, asked.reply, shares);
    this.#judged(judgement, asked.reply, { ...asked.request, client, fromMs, toMs });
  }

  rawReplied(client: RawClient, line: RawLine): void {
    const { request, id, reply, fromMs, toMs } = line;
    if ("code" in request) {
      const code = JSON.parse(reply!).code;
      const isRight = reply!.includes('"ok":false,"error":"') &&
        (id === undefined ? code === undefined : code === request.code);
      if (!isRight) this.#options.network.fault(`${line.text} got ${reply}`);
      return;
    }
    const judgement = judge(request, id, reply!, this.#options.shares.between(fromMs, toMs));
    this.#judged(judgement, reply!, { ...request, client: client.node.name, fromMs, toMs });
  }

  #judged(
    judgement: Judgement,
    reply: string,
    asked: Answered,
  ): void {
    const { network } = this.#options;
    const { client, body, timeoutMs, fromMs, toMs } = asked;
    const what = `{${body} of ${client} from ${fromMs.toFixed(3)}`;
    this.count++;
    if (typeof judgement === "object") return network.fault(`${what}: ${judgement.wrong}`);
    const isUndisturbed = !this.#options.servers.touches(fromMs - SLACK_MS, toMs) &&
      !this.clients.get(client)!.touches(0, toMs);
    const isUsable = this.#options.usability.during(fromMs, toMs);
    if (isUndisturbed && isUsable && this.#stallers(fromMs - STALL_MS, toMs) <= 1) {
      this.slowestMs = Math.max(this.slowestMs, toMs - fromMs);
      if (toMs - fromMs > MAX_WAIT_MS && !this.#options.plan.hasHog) {
        network.fault(`${what} took ${toMs - fromMs} ms: ${reply}`);
      }
    }
    if (judgement === "deadline") {
      if (timeoutMs === undefined) network.fault(`${what} without a deadline got ${reply}`);
      else if (
        toMs - fromMs < timeoutMs && !this.#options.servers.touches(fromMs - SLACK_MS, toMs)
      ) {
        network.fault(`${what}: its time was not up after ${toMs - fromMs}: ${reply}`);
      }
    } else if (judgement === "no_worker" && isUsable) network.fault(`${what}: ${reply}`);
  }

  /** Exactly one ending, and a reply unless something was wrong with the way to the servers. */
  checkEnded(asked: Asked): void {
    const { network } = this.#options;
    const { request, client, endings, isGivenUp, failure, fromMs, toMs } = asked;
    const what = `{${request.body} of ${client} from ${fromMs.toFixed(3)}`;
    if (endings !== (isGivenUp ? 0 : 1)) network.fault(`${what} ended ${endings} times`);
    if (failure === undefined || failure.kind === "closed") return;
    const timeoutMs = this.#options.plan.clients[Number(client.slice(1)) - 1]?.timeoutMs ??
      this.#options.hogTimeoutMs;
    if (failure.kind === "timeout" && toMs - fromMs < timeoutMs - 1) {
      network.fault(`${what} timed out after ${toMs - fromMs}`);
    }
    const isExcused = this.clients.get(client)!.touches(0, toMs) ||
      this.#options.servers.touches(fromMs - SLACK_MS, toMs) ||
      !this.#options.usability.during(fromMs, toMs) || this.#stallers(fromMs, toMs) > 1;
    if (!isExcused) network.fault(`${what} failed: ${failure.text}`);
  }

  /** Workers that may keep a request and not answer it. One is what hedging is for; of two it may meet both. */
  #stallers(fromMs: number, toMs: number): number {
    const silent = this.#options.plan.workers.filter((script) =>
      script === "silent" || script === "endless"
    );
    return this.#options.usability.troubled(fromMs, toMs) + silent.length;
  }

  /** A raw client whose connection held got everything that it had asked. */
  checkRaw(client: RawClient): void {
    const { network } = this.#options;
    const { clock } = network;
    const { name, isAlive } = client.node;
    if (!isAlive || this.clients.get(name)!.touches(0, clock.nowMs)) return;
    if (client.broken !== undefined) network.fault(`${name} was cut off: ${client.broken}`);
    const missing = client.lines.filter(({ reply }) => reply === undefined);
    if (missing.length > 0) network.fault(`${name} got no reply to ${missing[0]!.text}`);
  }
}
