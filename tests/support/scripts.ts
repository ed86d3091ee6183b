import type { FakePeer, Script } from "./fake_worker.ts";

/** A request as a fake worker reads it. */
export interface FakeRequest {
  readonly id?: number;
  readonly op: string;
  readonly a: number;
  readonly b: number;
}

const HELLO = '"ok":true,"op":"hello","protocol":1,"role":"worker","version":"0.0.0"';
const UNKNOWN_OP = '{"ok":false,"error":"operación desconocida"}';

/** Answers hellos and pings as a worker of ours does, and gives every other line to `work`. */
export function fullWorker(work: (peer: FakePeer, line: string) => Promise<void> | void): Script {
  return async (peer) => {
    for await (const line of peer.lines()) {
      const request: FakeRequest = JSON.parse(line);
      const opening = request.id === undefined ? "{" : `{"id":${request.id},`;
      if (request.op === "hello") await peer.send(`${opening}${HELLO}}\n`);
      else if (request.op === "ping") await peer.send(`${opening}"ok":true}\n`);
      else await work(peer, line);
    }
  };
}

/** Knows no hello, and gives every other line to `work`. */
export function plainWorker(work: (peer: FakePeer, line: string) => Promise<void> | void): Script {
  return async (peer) => {
    for await (const line of peer.lines()) {
      if (JSON.parse(line).op === "hello") await peer.send(UNKNOWN_OP + "\n");
      else await work(peer, line);
    }
  };
}

/** The right reply, as a small program in any language would write it; an `id` is echoed. */
export function rightReply(line: string): string {
  const { id, op, a, b }: FakeRequest = JSON.parse(line);
  return JSON.stringify({
    ...(id === undefined ? {} : { id }),
    ok: true,
    result: result(op, a, b),
  });
}

function result(op: string, a: number, b: number): number {
  switch (op) {
    case "add":
      return a + b;
    case "sub":
      return a - b;
    case "mul":
      return a * b;
    case "div":
      return a / b;
    default: {
      let sum = 0;
      for (let k = a; k <= b; k++) sum += k * k;
      return sum;
    }
  }
}
