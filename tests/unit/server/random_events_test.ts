import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import {
  answer,
  answerAndClose,
  CLOSE,
  FakeWorker,
  HALF_CLOSE,
  hold,
  naive,
  naiveSum,
  refuse,
  type Responder,
} from "./fake_worker.ts";
import { type FakeClient, Scenario } from "./scenario.ts";

const WORKERS = 3;
/** Workers that dial the server, when they do. */
const JOINERS = 2;
const behaviours: Record<string, Responder> = {
  answer,
  hold,
  refuse,
  answerAndClose,
  close: () => CLOSE,
  halfClose: () => HALF_CLOSE,
  rubbish: () => "rubbish\n",
  endless: () => "no newline",
  unasked: () => '{"id":0,"ok":true}\n{"id":4000000000,"ok":true}\n',
  twice: (line) => answer(line) + answer(line),
};
const worker = fc.nat({ max: WORKERS - 1 });
const behaviour = fc.constantFrom(...Object.keys(behaviours));
const operation = fc.oneof(
  fc.record({
    op: fc.constantFrom("add", "sub", "mul", "div"),
    a: fc.integer({ min: -9, max: 9 }),
    b: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ op: fc.constant("sum_squares"), n: fc.nat({ max: 20 }) }),
);
const envelope = fc.record({
  timeout_ms: fc.nat({ max: 5000 }),
  explain: fc.boolean(),
}, { requiredKeys: [] });

type Action =
  | { kind: "ask"; client: number; request: object; isBare: boolean }
  | { kind: "work" | "hello" | "ping"; worker: number; behaviour: string }
  | { kind: "connects"; worker: number; connects: FakeWorker["connects"] }
  | { kind: "kill" | "cut" | "release"; worker: number }
  | { kind: "leave" | "end" | "split" | "greet"; client: number }
  | { kind: "join"; joiner: number; isNew: boolean }
  | { kind: "goodbye" | "cutJoined" | "releaseJoined"; joiner: number }
  | { kind: "workJoined"; joiner: number; behaviour: string }
  | { kind: "drain"; name: string; isDraining: boolean }
  | { kind: "advance"; ms: number };

const client = fc.nat({ max: 3 });
const joiner = fc.nat({ max: JOINERS - 1 });
const action: fc.Arbitrary<Action> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant("ask" as const),
      client,
      request: fc.tuple(operation, envelope).map(([one, other]) => ({ ...one, ...other })),
      isBare: fc.boolean(),
    }),
  },
  fc.record({ kind: fc.constantFrom("work" as const, "hello", "ping"), worker, behaviour }),
  fc.record({
    kind: fc.constant("connects" as const),
    worker,
    connects: fc.constantFrom("accepts" as const, "refuses", "silent"),
  }),
  fc.record({ kind: fc.constantFrom("kill" as const, "cut", "release"), worker }),
  fc.record({ kind: fc.constantFrom("leave" as const, "end", "split", "greet"), client }),
  fc.record({ kind: fc.constant("join" as const), joiner, isNew: fc.boolean() }),
  fc.record({ kind: fc.constantFrom("goodbye" as const, "cutJoined", "releaseJoined"), joiner }),
  fc.record({ kind: fc.constant("workJoined" as const), joiner, behaviour }),
  fc.record({
    kind: fc.constant("drain" as const),
    name: fc.constantFrom("w1:6001", "w2:6001", "joiner", "joiner#2", "nobody"),
    isDraining: fc.boolean(),
  }),
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("advance" as const),
      ms: fc.oneof(fc.nat({ max: 100 }), fc.nat({ max: 3000 }), fc.nat({ max: 70_000 })),
    }),
  },
);

interface Asked {
  readonly client: FakeClient;
  readonly key: string;
  readonly request: Record<string, unknown>;
}

/** Plays actions, and keeps what was asked. */
class Play {
  readonly scenario = new Scenario({ workers: WORKERS });
  readonly asked: Asked[] = [];
  readonly #clients = new Map<number, FakeClient>();
  readonly #ended = new Set<FakeClient>();
  readonly #joiners = Array.from({ length: JOINERS }, () => new FakeWorker("joiner"));
  #instances = JOINERS;

  client(number: number): FakeClient {
    let client = this.#clients.get(number);
    if (client === undefined || client.isGone || client.isFinished || this.#ended.has(client)) {
      this.#clients.set(number, client = this.scenario.client());
    }
    return client;
  }

  do(action: Action): void {
    const { scenario } = this;
    switch (action.kind) {
      case "ask":
        return this.ask(this.client(action.client), action.request, action.isBare);
      case "work":
        scenario.worker(action.worker).onWork = behaviours[action.behaviour]!;
        return;
      case "hello":
        scenario.worker(action.worker).onHello = behaviours[action.behaviour]!;
        return;
      case "ping":
        scenario.worker(action.worker).onPing = behaviours[action.behaviour]!;
        return;
      case "connects":
        scenario.worker(action.worker).connects = action.connects;
        return;
      case "kill":
        return scenario.kill(scenario.worker(action.worker));
      case "cut":
        return scenario.cut(scenario.worker(action.worker));
      case "release":
        return scenario.release(scenario.worker(action.worker), answer);
      case "leave":
        return scenario.leave(this.client(action.client));
      case "end": {
        const client = this.client(action.client);
        this.#ended.add(client);
        return scenario.endSending(client);
      }
      case "split":
        // A request in three pieces.
        return ['{"op":"pi', 'ng","id":"split', '"}\r\n\n'].forEach((piece) =>
          scenario.send(this.client(action.client), piece)
        );
      case "greet": {
        const client = this.client(action.client);
        return scenario.send(client, '{"op":"hello","protocol":1,"id":"split"}\n');
      }
      case "join": {
        const instance = action.isNew ? ++this.#instances : action.joiner;
        scenario.join(this.#joiners[action.joiner]!, { instance: `${instance}` });
        return;
      }
      case "goodbye":
        for (const connection of [...this.#joiners[action.joiner]!.connections]) {
          scenario.says(connection, '{"op":"goodbye"}\n');
        }
        return;
      case "cutJoined":
        return scenario.cut(this.#joiners[action.joiner]!);
      case "releaseJoined":
        return scenario.release(this.#joiners[action.joiner]!, answer);
      case "workJoined":
        this.#joiners[action.joiner]!.onWork = behaviours[action.behaviour]!;
        return;
      case "drain": {
        const op = action.isDraining ? "drain" : "undrain";
        scenario.ask(`{"op":"${op}","worker":"${action.name}"}`);
        return;
      }
      case "advance":
        return scenario.advance(action.ms);
    }
  }

  ask(client: FakeClient, request: object, isBare: boolean): void {
    const key = isBare ? "bare" : `k${this.asked.length}`;
    const full = isBare ? request : { id: key, ...request };
    this.asked.push({ client, key, request: full as Record<string, unknown> });
    this.scenario.send(client, JSON.stringify(full) + "\n");
  }

  /** Everybody is well again: all that was asked must be answered, once, and rightly. */
  finish(): void {
    for (const worker of this.scenario.workers) {
      worker.connects = "accepts";
      worker.onHello = worker.onPing = worker.onWork = answer;
    }
    for (const worker of this.#joiners) worker.onPing = worker.onWork = answer;
    // Long enough for work that is held to time out, wherever it is tried once more.
    this.scenario.advance(20_000);
    this.scenario.assertQuiet();
    const { workers } = this.scenario.status();
    assertEquals(new Set(workers.map(({ name }) => name)).size, workers.length, "no name twice");
    // A minute later every ejection is over, and who is lost has lost its place.
    this.scenario.advance(70_000);
    for (const { name, state, joined } of this.scenario.status().workers) {
      assert(["up", "probation", "draining"].includes(state), `${name} is ${state}`);
      if (state === "draining" && !joined) this.scenario.ask(`{"op":"undrain","worker":"${name}"}`);
    }
    assertEquals(JSON.parse(this.scenario.ask('{"op":"add","a":1,"b":1}')).result, 2);
    const clients = new Set(this.asked.map(({ client }) => client));
    for (const client of clients) {
      if (client.isGone) continue;
      assertEquals(client.partial, "");
      const lines = client.lines.map((line) => JSON.parse(line)).filter(({ id }) => id !== "split");
      const asked = this.asked.filter((one) => one.client === client);
      assertEquals(lines.length, asked.length, "as many replies as requests");
      const bare = lines.filter(({ id }) => id === undefined);
      for (const { key, request } of asked) {
        const reply = key === "bare" ? bare.shift() : lines.find(({ id }) => id === key);
        assertReply(reply, request);
      }
    }
  }
}

function assertReply(reply: Record<string, unknown>, request: Record<string, unknown>): void {
  assert(reply !== undefined, `a reply to ${JSON.stringify(request)}`);
  if (!reply.ok) {
    const errors = ["ningún worker disponible"];
    if (request.timeout_ms !== undefined) errors.push("se agotó el tiempo de la solicitud");
    return assert(errors.includes(String(reply.error)), `${reply.error}`);
  }
  const { op, a, b, n } = request as { op: string; a: number; b: number; n: number };
  if (op === "sum_squares") assertEquals(BigInt(reply.result as number), naiveSum(1, n));
  else assertEquals([reply.op, reply.a, reply.b, reply.result], [op, a, b, naive(op, a, b) + 0]);
}

Deno.test("whatever workers and clients do, every request gets exactly one reply, and a right one", () => {
  fc.assert(
    fc.property(fc.array(action, { minLength: 1, maxLength: 60 }), (actions) => {
      const play = new Play();
      for (const one of actions) play.do(one);
      play.finish();
    }),
    { numRuns: 400 },
  );
});

Deno.test("whatever happens, a stop ends in at most 10 s", () => {
  fc.assert(
    fc.property(fc.array(action, { maxLength: 30 }), (actions) => {
      const play = new Play();
      for (const one of actions) play.do(one);
      const { scenario } = play;
      scenario.step({ kind: "stop" });
      scenario.advance(10_000);
      assert(scenario.stoppedAtMs !== undefined);
      assertEquals(scenario.machine.wakeAtMs, Infinity);
      assert(scenario.workers.every(({ connections }) => connections.size === 0));
    }),
    { numRuns: 150 },
  );
});
