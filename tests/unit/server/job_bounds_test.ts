/** What a peer of a server may make it hold, and what becomes of one that goes beyond. */
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import {
  MAX_ARGS_CHARS,
  MAX_CHANNELS,
  MAX_CODE_BYTES,
  MAX_JOB_RESULT_BYTES,
  MAX_KEPT_CODE_BYTES,
  MAX_TAKEN_BYTES,
  MAX_UNSENT_RESULT_BYTES,
} from "../../../src/limits.ts";
import { JobWires, OPENING, type Wire } from "./job_wire.ts";

const MEBIBYTE = 1024 * 1024;
const PIECE = 256 * 1024;
const RANGE = { op: "chunk", job: 1, chunk: 1, position: 1, count: 3, first: "5", credit: 1000 };

/** A server with one worker, and a client with a job whose code is there. */
function running(input = "range"): { wires: JobWires; client: Wire; worker: Wire } {
  const wires = new JobWires(1);
  wires.greet(wires.dialled[0]!, 1);
  const client = wires.client();
  wires.send(client, { ...OPENING, input, reduce: input === "items" ? "own" : null });
  wires.send(client, { op: "code", job: 1, bytes: 3 }, "1+1");
  const worker = wires.channel(1);
  wires.messages(client);
  return { wires, client, worker };
}

/** A client has two accumulators merged that have so many bytes. */
function merge(wires: JobWires, client: Wire, chunk: number, bytes: number): void {
  const line = "1".repeat(bytes / 2 - 1) + "\n";
  const text = line + line;
  for (let start = 0; start < bytes; start += PIECE) {
    const piece = text.slice(start, start + PIECE);
    const message = start > 0
      ? { op: "items", job: 1, chunk, bytes: piece.length }
      : { op: "chunk", job: 1, chunk, position: 1, count: 2, item_bytes: bytes, merge: true };
    if (client.end !== undefined) return;
    wires.send(client, { ...message, credit: 9, bytes: piece.length }, piece);
  }
}

Deno.test("two accumulators that are as long as values may be are taken at once", () => {
  const { wires, client, worker } = running("items");
  merge(wires, client, 1, 32 * MEBIBYTE);
  assertEquals(client.end, undefined, wires.logs.join());
  assertStringIncludes(wires.take(worker), '"merge":true');
});

Deno.test("merges have a bound of their own, which a client never needs to pass", () => {
  const { wires, client } = running("items");
  for (let chunk = 1; chunk <= 6; chunk++) {
    merge(wires, client, chunk, 16 * MEBIBYTE);
    assertEquals(client.end, undefined, `${chunk}: ${wires.logs.join()}`);
  }
  merge(wires, client, 7, 16 * MEBIBYTE);
  assertEquals(client.end, "close");
});

Deno.test("merges are not counted among the lines that a client may send", () => {
  const { wires, client } = running("items");
  merge(wires, client, 1, 2 * PIECE);
  assertEquals(wires.messages(client).filter(({ op }) => op === "want"), []);
});

Deno.test("a client that sends nothing in many messages loses its channel", () => {
  const wires = new JobWires(1);
  const coding = wires.client();
  wires.send(coding, OPENING, { op: "code", job: 1, bytes: 0 });
  assertEquals(coding.end, "close");
  const giving = running("items");
  const chunk = { op: "chunk", job: 1, chunk: 1, position: 1, count: 1, item_bytes: 9, credit: 9 };
  giving.wires.send(giving.client, chunk);
  assertEquals(giving.client.end, undefined);
  giving.wires.send(giving.client, { op: "items", job: 1, chunk: 1, bytes: 0 });
  assertEquals(giving.client.end, "close");
});

Deno.test("who asks and does not read the answers loses its channel, and who reads them does not", () => {
  const ping = '{"op":"ping"}\n'.repeat(1000);
  const open = JSON.stringify({ op: "open", job: 7 }) + "\n";
  const dropped = JSON.stringify({ ...RANGE, job: 1, count: 1, chunk: 0 });
  const questions: ((round: number) => string)[] = [
    () => ping,
    () => open.repeat(1000),
    (round) => {
      const number = (index: number) => `"chunk":${1000 * round + index + 1}`;
      const pair = (index: number) =>
        `${dropped.replace('"chunk":0', number(index))}\n{"op":"drop","job":1,${number(index)}}\n`;
      return Array.from({ length: 1000 }, (_, index) => pair(index)).join("");
    },
  ];
  for (const question of questions) {
    for (const reads of [false, true]) {
      const { wires, client } = running();
      let answered = 0;
      for (let round = 0; round < 100 && client.end === undefined; round++) {
        wires.send(client, question(round));
        answered += wires.take(client).length;
        if (reads) wires.step({ kind: "drained", connection: client.connection });
      }
      assertEquals(client.end, reads ? undefined : "close", `${question(0).slice(0, 40)} ${reads}`);
      if (!reads) assert(answered < 1.2 * MEBIBYTE, `${answered}`);
      if (!reads) assertStringIncludes(wires.logs.join(), "does not read the answers");
    }
  }
});

Deno.test("a worker that asks and does not read the answers loses its channel", () => {
  const { wires, worker } = running();
  const ping = '{"op":"ping"}\n'.repeat(1000);
  let answered = 0;
  for (let round = 0; round < 200 && worker.end === undefined; round++) {
    wires.send(worker, ping);
    answered += wires.take(worker).length;
    if (round < 50) wires.step({ kind: "drained", connection: worker.connection });
  }
  assertEquals(worker.end, "close");
  assert(answered > 1.5 * MEBIBYTE && answered < 2 * MEBIBYTE, `${answered}`);
});

/** A worker that gives values of a piece each, as fast as it is allowed to. */
class Eager {
  /** Bytes of values that it has given. */
  given = 0;
  readonly #wires: JobWires;
  readonly #wire: Wire;
  readonly #chunks = new Map<string, { position: number; left: number; credit: number }>();

  constructor(wires: JobWires, wire: Wire) {
    this.#wires = wires;
    this.#wire = wire;
  }

  /** Goes on until it may not. */
  work(): void {
    for (let before = -1; before !== this.given;) {
      before = this.given;
      for (const { op, job, chunk, position, count, credit } of this.#wires.messages(this.#wire)) {
        const name = `"job":${job},"chunk":${chunk}`;
        const known = this.#chunks.get(name);
        if (op === "chunk") {
          const [at, left] = [position as number, count as number];
          this.#chunks.set(name, { position: at, left, credit: credit as number });
        } else if (op === "credit" && known !== undefined) known.credit += credit as number;
      }
      for (const [name, chunk] of this.#chunks) this.#give(name, chunk);
    }
  }

  #give(name: string, chunk: { position: number; left: number; credit: number }): void {
    for (; chunk.left > 0 && chunk.credit >= PIECE; chunk.left--) {
      const place = `${name},"position":${chunk.position++},"count":1,"bytes":${PIECE}`;
      this.#wires.send(this.#wire, `{"op":"result",${place}}\n${VALUE}`);
      chunk.credit -= PIECE;
      this.given += PIECE;
    }
    if (chunk.left > 0) return;
    this.#chunks.delete(name);
    this.#wires.send(this.#wire, `{"op":"done",${name},"ms":1000}\n`);
  }
}

const VALUE = "7".repeat(PIECE - 1) + "\n";

Deno.test("a client that allows everything and reads nothing is told little, and all of it when it reads", () => {
  const { wires, client, worker } = running();
  const total = 200;
  wires.send(client, { ...RANGE, count: total, credit: 1e15 });
  const eager = new Eager(wires, worker);
  const positions: unknown[] = [];
  for (let drains = 0; positions.length < total; drains++) {
    eager.work();
    const told = client.text.length;
    assert(told > 0 && told < MAX_UNSENT_RESULT_BYTES + 1.1 * PIECE, `${told}`);
    if (drains === 0) {
      assert(
        eager.given < MAX_UNSENT_RESULT_BYTES + MAX_JOB_RESULT_BYTES + PIECE,
        `${eager.given}`,
      );
    }
    const messages = wires.messages(client);
    const results = messages.filter(({ op }) => op === "result");
    positions.push(...results.map(({ position }) => position));
    assertEquals(messages.some(({ op }) => op === "done"), positions.length === total);
    wires.step({ kind: "drained", connection: client.connection });
  }
  assertEquals(positions, Array.from({ length: total }, (_, index) => index + 1));
});

Deno.test("of two jobs on a channel that is read slowly, neither waits for all of the other", () => {
  const { wires, client, worker } = running();
  wires.send(worker, { op: "slots", slots: 2 });
  wires.send(client, { ...OPENING, job: 2 }, { ...RANGE, count: 200, credit: 1e15 });
  wires.send(client, { ...RANGE, job: 2, count: 200, credit: 1e15 });
  const eager = new Eager(wires, worker);
  const jobs: string[] = [];
  for (let drains = 0; drains < 8; drains++) {
    eager.work();
    const told = wires.messages(client).filter(({ op }) => op === "result");
    jobs.push(...new Set(told.map(({ job }) => String(job))));
    wires.step({ kind: "drained", connection: client.connection });
  }
  const [one, other] = ["1", "2"].map((job) => jobs.filter((each) => each === job).length);
  assert(one! >= 3 && other! >= 3, jobs.join());
});

Deno.test("a worker that lives and reads nothing is told of no more jobs", () => {
  const { wires, client, worker } = running();
  wires.send(client, { op: "close", job: 1 });
  wires.take(worker);
  const args = JSON.stringify("x".repeat(MAX_ARGS_CHARS - 2));
  const give = (job: number) => {
    wires.send(client, { ...OPENING, job, args }, { ...RANGE, job });
    wires.send(client, { op: "close", job });
    wires.send(worker, { op: "pong" });
    return wires.take(worker).length;
  };
  let told = 0;
  for (let job = 2; job < 40; job++) told += give(job);
  assert(told > MAX_UNSENT_RESULT_BYTES - 1.1 * MAX_ARGS_CHARS, `${told}`);
  assert(told < MAX_UNSENT_RESULT_BYTES + 1.1 * MAX_ARGS_CHARS, `${told}`);
  wires.step({ kind: "drained", connection: worker.connection });
  assert(give(40) > MAX_ARGS_CHARS);
});

Deno.test("a server serves so many channels of clients, and one that ends makes room", () => {
  const wires = new JobWires(1);
  const clients = Array.from({ length: MAX_CHANNELS }, () => wires.client());
  const late = wires.accept();
  const request = { id: 1, op: "channel", protocol: 1 };
  wires.send(late, request);
  assertStringIncludes(wires.take(late), '"code":"too_many_jobs"');
  wires.step({ kind: "closed", connection: clients[0]!.connection, reason: "reset" });
  wires.send(late, request);
  assertStringIncludes(wires.take(late), '"ok":true');
});

Deno.test("of channels without a job the one that was not used for longest makes room for another", () => {
  const wires = new JobWires(1);
  wires.greet(wires.dialled[0]!, 1);
  const clients = Array.from({ length: MAX_CHANNELS }, () => wires.client());
  const request = { id: 1, op: "channel", protocol: 1 };
  wires.send(clients[0]!, { ...OPENING, input: "range" });
  wires.advance(500);
  wires.send(clients[2]!, { op: "close", job: 1 });
  wires.send(clients[1]!, { ...OPENING, input: "range" }, { op: "close", job: 1 });
  wires.advance(500);
  const late = wires.accept();
  wires.send(late, request);
  assertStringIncludes(wires.take(late), '"ok":true');
  assertEquals(clients.map(({ end }) => end).indexOf("close"), 2);
  assertEquals(clients.filter(({ end }) => end !== undefined).length, 1);
});

Deno.test("modules that are announced and do not come take no room, and their jobs end", () => {
  const wires = new JobWires(1);
  wires.greet(wires.dialled[0]!, 1);
  const hostile = wires.client();
  for (let job = 1; job <= 5; job++) {
    wires.send(hostile, { ...OPENING, job, sha256: "b".repeat(64), code_bytes: MAX_CODE_BYTES });
  }
  const client = wires.client();
  wires.send(client, OPENING);
  wires.send(client, { op: "code", job: 1, bytes: 3 }, "1+1");
  assertEquals(wires.take(client).includes("job_failed"), false);
  wires.take(hostile);
  wires.advance(20_000);
  wires.send(hostile, { op: "code", job: 2, bytes: 1 }, "x");
  wires.send(client, { op: "pong" });
  wires.advance(10_000);
  const ended = wires.take(hostile).split("\n").filter((line) => line.includes("job_failed"));
  assertEquals(ended.map((line) => JSON.parse(line).job), [1, 3, 4, 5]);
});

Deno.test("more of modules than may be kept is too much, and the job whose it is fails", () => {
  const wires = new JobWires(1);
  wires.greet(wires.dialled[0]!, 1);
  const client = wires.client();
  const piece = "x".repeat(PIECE);
  for (let job = 1; job <= 5; job++) {
    wires.send(client, { ...OPENING, job, sha256: "b".repeat(64), code_bytes: MAX_CODE_BYTES });
  }
  let pieces = 0;
  for (let job = 1; job <= 5 && !wires.take(client).includes("job_failed"); job++) {
    for (
      let bytes = PIECE;
      bytes < MAX_CODE_BYTES && !client.text.includes("job_failed");
      bytes += PIECE
    ) {
      wires.send(client, { op: "code", job, bytes: PIECE }, piece);
      pieces++;
    }
  }
  assertStringIncludes(client.text, '"job":1,"code":"too_many_jobs"');
  assertEquals(pieces * PIECE, MAX_KEPT_CODE_BYTES + PIECE);
});

Deno.test("a job that sends more than there is room for fails, and the others do not", () => {
  const wires = new JobWires(1);
  wires.greet(wires.dialled[0]!, 1);
  const honest = wires.client();
  wires.send(honest, { ...OPENING, input: "items" });
  const some = `${"x".repeat(PIECE - 1)}\n`;
  const chunk = { op: "chunk", job: 1, position: 1, count: 1, item_bytes: PIECE, credit: 0 };
  wires.send(honest, { ...chunk, chunk: 1, bytes: PIECE }, some);
  const client = wires.client();
  const ofJob = (job: number, message: object) => JSON.stringify({ ...message, job }) + "\n";
  const merge = { op: "chunk", chunk: 1, position: 1, count: 128, merge: true, credit: 0 };
  // Of each job as much as one may send, in pieces that all are the same memory.
  const line = new Uint8Array(PIECE).fill(10, PIECE - 1);
  let taken = 0;
  const isFull = () => client.text.includes("job_failed");
  for (let job = 1; job <= 6 && !isFull(); job++) {
    wires.send(client, { ...OPENING, job, input: "items", reduce: "own" });
    for (let chunk = 1; chunk <= 3 && !isFull(); chunk++) {
      const long = { ...merge, chunk, item_bytes: 32 * MEBIBYTE, bytes: 0 };
      wires.send(client, ofJob(job, long));
      for (
        let bytes = 0;
        bytes < 32 * MEBIBYTE && !isFull();
        bytes += PIECE
      ) {
        wires.send(client, ofJob(job, { op: "items", chunk, bytes: PIECE }));
        wires.step({ kind: "received", connection: client.connection, bytes: line });
        taken += PIECE;
      }
    }
  }
  // Whose lines came last does not matter.
  wires.send(honest, { ...chunk, chunk: 2, bytes: PIECE }, some);
  assertEquals(honest.text.includes("job_failed"), false);
  assertStringIncludes(client.text, '"job":1,"code":"too_many_jobs"');
  assert(taken > MAX_TAKEN_BYTES - MEBIBYTE && taken <= MAX_TAKEN_BYTES, `${taken}`);
  assertEquals([honest.end, client.end], [undefined, undefined]);
});

Deno.test("a client without a job is gone when it is silent, also within a message", () => {
  for (const begun of ["", '{"op":"items","job":0,"bytes":262144}\n1']) {
    const wires = new JobWires(1);
    const client = wires.client();
    if (begun !== "") wires.send(client, begun);
    wires.advance(30_999);
    assertEquals(client.end, undefined);
    wires.advance(1);
    assertEquals(client.end, "close");
  }
  const wires = new JobWires(1);
  const client = wires.client();
  for (let second = 0; second < 100; second++) {
    wires.advance(1000);
    wires.send(client, { op: "pong" });
  }
  assertEquals(client.end, undefined);
});

Deno.test("the bytes of a job that nobody knows are not held", () => {
  const { wires, client, worker } = running();
  const allocated = allocations(() => {
    for (const peer of [client, worker]) {
      wires.send(peer, { op: "items", job: 9, chunk: 1, bytes: PIECE }, "x");
    }
  });
  assertEquals(allocated.filter((bytes) => bytes === PIECE), []);
});

/** How long the arrays of bytes are that are made meanwhile. */
function allocations(act: () => void): number[] {
  const made: number[] = [];
  const real = globalThis.Uint8Array;
  globalThis.Uint8Array = new Proxy(real, {
    construct(target, args, newTarget) {
      if (typeof args[0] === "number") made.push(args[0]);
      return Reflect.construct(target, args, newTarget);
    },
  });
  try {
    act();
  } finally {
    globalThis.Uint8Array = real;
  }
  return made;
}

Deno.test("a client has a number of chunks without an answer, and not more", () => {
  const { wires, client } = running();
  const thousand = (from: number) =>
    Array.from({ length: 1000 }, (_, index) => {
      const chunk = from + index;
      return { ...RANGE, chunk, position: chunk, count: 1 };
    });
  let chunks = 1;
  for (; client.end === undefined && chunks < 200_000; chunks += 1000) {
    wires.send(client, ...thousand(chunks));
  }
  assert(chunks > 131_000 && chunks < 133_000, `${chunks}`);
});

Deno.test("a worker that sends more results than it may loses its channel", () => {
  const { wires, client, worker } = running();
  wires.send(worker, { op: "slots", slots: 4 });
  wires.send(client, { ...RANGE, count: 4 });
  const payload = "x".repeat(PIECE);
  // All are behind the first, of which nothing is known.
  let sent = 0;
  for (let chunk = 2; chunk <= 4; chunk++) {
    const result = { op: "result", job: 1, chunk, position: chunk, count: 0, bytes: PIECE };
    for (let part = 0; part < 60 && worker.end === undefined; part++, sent++) {
      wires.send(worker, result, payload);
    }
  }
  assert(sent > 100 && sent < 140, `${sent}`);
  assertStringIncludes(wires.logs.join(), "sent more than it may");
});

Deno.test("parts of a value that are empty, or tiny and many, are a worker's fault", () => {
  for (const part of ["", "1"]) {
    const { wires, client, worker } = running();
    wires.send(client, { ...RANGE, count: 1 });
    const message = { op: "result", job: 1, chunk: 1, position: 1, count: 0, bytes: part.length };
    const text = (JSON.stringify(message) + "\n" + part).repeat(1000);
    for (let times = 0; times < 100 && worker.end === undefined; times++) wires.send(worker, text);
    assertEquals(worker.end, "close", JSON.stringify(part));
  }
});

Deno.test("failures take of the client's credit, and wait for more", () => {
  const { wires, client, worker } = running();
  wires.send(client, { ...RANGE, count: 5, credit: 600 });
  for (let chunk = 1; chunk <= 5; chunk++) {
    const failed = { op: "failed", job: 1, chunk, position: chunk, cause: "error", error: "no" };
    wires.send(worker, failed, { op: "done", job: 1, chunk, ms: 1000 });
  }
  const failures = () => wires.messages(client).filter(({ op }) => op === "failed").length;
  assertEquals(failures(), 3);
  wires.send(client, { op: "credit", job: 1, chunk: 1, credit: 1000 });
  assertEquals(failures(), 2);
});

Deno.test("a module that is not what its hash says ends its job, and is nobody else's", () => {
  const wires = new JobWires(1);
  const first = wires.client();
  wires.send(first, OPENING, { op: "code", job: 1, bytes: 3 }, "2+2");
  assertStringIncludes(wires.take(first), '"code":"bad_code"');
  const second = wires.client();
  wires.send(second, OPENING);
  assertStringIncludes(wires.take(second), '"op":"need"');
});

Deno.test("whatever a peer puts in the place of a member, it ends no more than its own channel", () => {
  const messages = [
    OPENING,
    RANGE,
    { op: "chunk", job: 1, chunk: 1, position: 1, count: 1, item_bytes: 2, merge: true, credit: 1 },
    { op: "items", job: 1, chunk: 1, bytes: 0 },
    { op: "credit", job: 1, chunk: 1, credit: 1 },
    { op: "drop", job: 1, chunk: 1 },
    { op: "at", job: 1, chunk: 1, position: 1 },
    { op: "result", job: 1, chunk: 1, position: 1, count: 1, bytes: 0 },
    {
      op: "failed",
      job: 1,
      chunk: 1,
      position: 1,
      cause: "error",
      error: "",
      stack: "",
      item: "",
      worker: "",
    },
    { op: "done", job: 1, chunk: 1, ms: 1 },
    { op: "returned", job: 1, chunk: 1, position: 1, ms: 1, why: "late" },
    { op: "print", job: 1, position: 1, worker: "", text: "" },
    { op: "job_failed", job: 1, code: "x", error: "", stack: "" },
    { op: "slots", slots: 1 },
  ];
  for (const message of messages) {
    for (const name of Object.keys(message)) {
      for (const value of [{ toString: 1 }, [{ toString: 1 }], null, -1, 1e300]) {
        const { wires, client, worker } = running();
        wires.send(client, { ...RANGE, count: 1 });
        wires.send(worker, { ...message, [name]: value });
        if (client.end === undefined) wires.send(client, { ...message, [name]: value });
      }
    }
  }
});

Deno.test("of what all slots print so much a second is passed on, however short the texts are", () => {
  const { wires, client, worker } = running();
  wires.send(client, { ...RANGE, count: 1 });
  wires.messages(client);
  const print = { op: "print", job: 1, position: 1, text: "" };
  wires.send(worker, ...Array.from({ length: 10_000 }, () => print));
  const printed = wires.messages(client).length;
  assert(printed > 100 && printed <= 1024, `${printed}`);
  wires.nowMs += 1000;
  wires.send(worker, { ...print, text: "hola" });
  const texts = wires.messages(client).filter(({ op }) => op === "print").map(({ text }) => text);
  assertEquals(texts, [
    `(${10_000 - printed} printed texts of several slots were too much, and dropped)`,
    "hola",
  ]);
});
