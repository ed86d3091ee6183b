import type { ConnectionId } from "../../../src/protocol/machine.ts";

/** One connection to a fake worker, as the worker sees it. */
export interface FakeConnection {
  readonly id: ConnectionId;
  readonly worker: FakeWorker;
  isOpen: boolean;
  /** Lines that came and that are being kept, oldest first. */
  readonly held: string[];
  /** The beginning of a line that has not ended. */
  partial: string;
}

/** What a worker does with a line: text to send back, `undefined` for silence, or an end of the connection. */
export type Response = string | undefined | typeof CLOSE | typeof HALF_CLOSE | AnswerAndClose;

/** A reply, and the end of the connection after it. */
export interface AnswerAndClose {
  readonly text: string;
}

export const CLOSE = Symbol("close");
export const HALF_CLOSE = Symbol("half close");
export type Responder = (line: string, connection: FakeConnection) => Response;

/** A worker played by script: the test sets what it does with connects, hellos, pings and work. */
export class FakeWorker {
  readonly name: string;
  connects: "accepts" | "refuses" | "silent" = "accepts";
  onHello: Responder = answer;
  onPing: Responder = answer;
  onWork: Responder = answer;
  /** Every dial, by its time. */
  readonly dialledAtMs: number[] = [];
  /** Every hello, by its time. */
  readonly greetedAtMs: number[] = [];
  /** Every reply that came: to what it asked when it joined. */
  readonly said: string[] = [];
  /** Every line of work that came. */
  readonly work: string[] = [];
  readonly connections = new Set<FakeConnection>();
  /** Most lines of work that were unanswered on one connection. */
  mostHeld = 0;
  /** Most connections at once. */
  mostConnections = 0;

  constructor(name: string) {
    this.name = name;
  }

  /** Makes it one that knows nothing but calculations, and answers everything else as `onHello` says. */
  bePlain(onHello: Responder = () => errorLine("operación desconocida")): this {
    this.onHello = onHello;
    this.onPing = onHello;
    return this;
  }

  respond(line: string, connection: FakeConnection, nowMs: number): Response {
    const { op, ok } = JSON.parse(line);
    if (ok !== undefined) {
      this.said.push(line);
      return "";
    }
    if (op === "hello") {
      this.greetedAtMs.push(nowMs);
      return this.onHello(line, connection);
    }
    if (op === "ping") return this.onPing(line, connection);
    this.work.push(line);
    const response = this.onWork(line, connection);
    if (response === undefined) connection.held.push(line);
    this.mostHeld = Math.max(this.mostHeld, connection.held.length);
    return response;
  }
}

/** Keeps every line: the test answers it later, or never. */
export const hold: Responder = () => undefined;

/** Answers, and closes the connection. */
export const answerAndClose: Responder = (line) => ({ text: answer(line) });

/** An error reply without an id. */
export function errorLine(text: string): string {
  return `{"ok":false,"error":${JSON.stringify(text)}}\n`;
}

/** Refuses a line as a full worker does, with its id. */
export const refuse: Responder = (line) => {
  const { id } = JSON.parse(line);
  const opening = id === undefined ? "" : `"id":${id},`;
  return `{${opening}"ok":false,"error":"no tengo ganas"}\n`;
};

/** Answers as a right worker does, by arithmetic of its own. */
export function answer(line: string): string {
  const { id, op, a, b } = JSON.parse(line);
  const opening = id === undefined ? "{" : `{"id":${id},`;
  if (op === "hello") return `${opening}"ok":true,"op":"hello","protocol":1,"role":"worker"}\n`;
  if (op === "ping") return `${opening}"ok":true}\n`;
  if (op === "sum_squares") return `${opening}"ok":true,"result":${naiveSum(a, b)}}\n`;
  if (op === "div" && b === 0) return `${opening}"ok":false,"error":"División por cero"}\n`;
  return `${opening}"ok":true,"result":${naive(op, a, b)},"a":${a},"b":${b},"op":"${op}"}\n`;
}

/** The result of a basic operation. */
export function naive(op: string, a: number, b: number): number {
  return op === "add" ? a + b : op === "sub" ? a - b : op === "mul" ? a * b : a / b;
}

/** a² + … + b² by a loop. */
export function naiveSum(a: number, b: number): bigint {
  let sum = 0n;
  for (let k = BigInt(a); k <= BigInt(b); k++) sum += k * k;
  return sum;
}
