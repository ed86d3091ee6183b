import type { Effect, Machine, MachineEvent } from "../../src/protocol/machine.ts";
import type { Dice } from "./dice.ts";
import { doubleText } from "./requests.ts";

/**
 * How a worker that is none of ours behaves:
 * - `plain`: answers a line with a line, and knows nothing but calculations;
 * - `closing`: the same, and closes after each reply;
 * - `refusing`: answers everything with an error;
 * - `rubbish`: answers with whatever comes to its mind;
 * - `silent`: reads, and says nothing;
 * - `endless`: answers with much and no newline.
 */
export type Script = "plain" | "closing" | "refusing" | "rubbish" | "silent" | "endless";

const RUBBISH = [
  "hola\n",
  "{}\n",
  '{"ok":true}\n',
  '{"ok":true,"result":"5"}\n',
  '{"ok":true,"result":null}\n',
  '{"ok":false,"error":"División por cero"}\n',
  '{"id":1,"ok":true}\n',
  '{"id":99999999,"ok":true,"result":1.0}\n',
  '{"op":"goodbye"}\n',
  '{"ok":true,"op":"hello","protocol":1}\n',
  '{"ok":true,"op":"hello","protocol":9}\n',
  '\n\n{"ok":false,"error":7}\n{"ok":tr',
  "\xff\n",
];

/** A program in some other language that somebody has listed as a worker. */
export class ScriptedWorker implements Machine {
  readonly wakeAtMs = Infinity;
  readonly #script: Script;
  readonly #dice: Dice;
  readonly #partial = new Map<number, string>();
  readonly #decoder = new TextDecoder();

  /** A program that plays a script. */
  constructor(script: Script, dice: Dice) {
    this.#script = script;
    this.#dice = dice;
  }

  /** Takes one event. */
  step(event: MachineEvent): Effect[] {
    if (event.kind === "stop") return [{ kind: "stop_listening" }, { kind: "stopped" }];
    if (event.kind === "closed") this.#partial.delete(event.connection);
    if (event.kind === "ended") return [{ kind: "close", connection: event.connection }];
    if (event.kind !== "received") return [];
    const { connection } = event;
    const text = (this.#partial.get(connection) ?? "") + this.#decoder.decode(event.bytes);
    const lines = text.split("\n");
    this.#partial.set(connection, lines.pop()!);
    const effects: Effect[] = [];
    for (const line of lines) {
      const reply = this.#reply(line);
      if (reply !== "") effects.push({ kind: "write", connection, text: reply });
      const closes = this.#script === "closing" ||
        (this.#script === "rubbish" && this.#dice.chance(0.1));
      if (!closes) continue;
      effects.push({ kind: "finish", connection });
      break;
    }
    return effects;
  }

  #reply(line: string): string {
    switch (this.#script) {
      case "silent":
        return "";
      case "endless":
        return "x".repeat(2000);
      case "refusing":
        return '{"ok":false,"error":"no tengo ganas"}\n';
      case "rubbish":
        return this.#dice.pick(RUBBISH);
      default:
        return plainReply(line);
    }
  }
}

/** What ten lines of any language answer to a line. */
function plainReply(line: string): string {
  const { op, a, b } = JSON.parse(line);
  if (op === "sum_squares") {
    const [from, to] = /"a":(\d+),"b":(\d+)/.exec(line)!.slice(1).map(BigInt);
    const upTo = (n: bigint) => n * (n + 1n) * (2n * n + 1n) / 6n;
    return `{"ok":true,"result":${upTo(to!) - upTo(from! > 0n ? from! - 1n : 0n)}}\n`;
  }
  if (op === "div" && b === 0) return '{"ok":false,"error":"División por cero"}\n';
  const calculate = { add: a + b, sub: a - b, mul: a * b, div: a / b } as Record<string, number>;
  const result = calculate[op];
  if (result === undefined) return '{"ok":false,"error":"operación desconocida"}\n';
  if (!Number.isFinite(result)) {
    return '{"ok":false,"error":"el resultado es demasiado grande"}\n';
  }
  const text = `"result":${doubleText(result)},"a":${doubleText(a)},"b":${doubleText(b)}`;
  return `{"ok":true,${text},"op":"${op}"}\n`;
}
