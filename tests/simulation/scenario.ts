import { Cluster, type ClusterOptions } from "./cluster.ts";
import type { Asked, CallingClient, CallingOptions } from "./calling_client.ts";
import { judge } from "./judge.ts";
import type { Node } from "./node.ts";
import type { SimulatedRequest } from "./requests.ts";
import { assert, assertEquals } from "@std/assert";

/** The log lines of a process from now on, without their times: what a scripted scenario is compared with. */
export function recordLogs(node: Node): string[] {
  const lines: string[] = [];
  const before = node.onStep;
  node.onStep = (event, effects) => {
    before?.(event, effects);
    for (const effect of effects) if (effect.kind === "log") lines.push(effect.text);
  };
  return lines;
}

/** Counts the additions that a worker of ours answers, from now on. */
export function countWork(node: Node): { done: number } {
  const count = { done: 0 };
  const before = node.onStep;
  node.onStep = (event, effects) => {
    before?.(event, effects);
    for (const effect of effects) {
      if (effect.kind === "write") count.done += effect.text.split('"result":').length - 1;
    }
  };
  return count;
}

/** A request that any worker does at once. */
export function addition(): SimulatedRequest {
  return {
    op: "add",
    a: 1,
    b: 2,
    body: '"op":"add","a":1.0,"b":2.0}',
    timeoutMs: undefined,
    explain: undefined,
  };
}

/** A sum, to see over how many it is split. */
export function sum(): SimulatedRequest {
  return {
    op: "sum_squares",
    a: 1n,
    b: 1000n,
    body: '"op":"sum_squares","n":1000}',
    timeoutMs: undefined,
    explain: undefined,
  };
}

/** A client that asks as told, and in all else patiently. */
export function asking(cluster: Cluster, options: Partial<CallingOptions>): CallingClient {
  return cluster.client({
    name: "client",
    requests: Infinity,
    window: 1,
    pauseMs: 0,
    timeoutMs: 60_000,
    givesUp: 0,
    draw: addition,
    ended: () => {},
    ...options,
  });
}

/** Asks for one sum, and gives its number of parts. */
export function partsNow(cluster: Cluster): number {
  const client = asking(cluster, { name: "summer", requests: 1, draw: sum });
  assert(cluster.clock.runUntilDone(() => client.isDone, cluster.clock.nowMs + 5000, 1));
  const reply = client.all[0]!.reply!;
  client.leave();
  return JSON.parse(reply).parts.length;
}

/** The longest time that a client waited for a reply. */
export function longestWaitMs(client: CallingClient, fromMs = 0): number {
  let longestMs = 0;
  for (const asked of client.all) {
    if (hasReply(asked) && asked.fromMs >= fromMs) {
      longestMs = Math.max(longestMs, asked.toMs - asked.fromMs);
    }
  }
  return longestMs;
}

/** Not one that is still under way, or was when its client left. */
function hasReply({ endings, failure }: Asked): boolean {
  return endings > 0 && failure?.kind !== "closed";
}

/** Everything that was asked and has ended has its right reply. */
export function assertAllRight(client: CallingClient, shares: readonly number[] = [1]): void {
  for (const asked of client.all) {
    if (!hasReply(asked)) continue;
    const id = /^\{"id":(\d+),/.exec(asked.reply ?? "")?.[1];
    const judgement = judge(asked.request, id, asked.reply ?? asked.failure!.text, shares);
    assertEquals(judgement, "right", `${asked.reply} at ${asked.toMs}`);
  }
}

/** A cluster of a scenario, started and settled. */
export function started(options: Omit<ClusterOptions, "seed">): Cluster {
  return new Cluster({ seed: 1, ...options }).start(100);
}
