import type { Effect, MachineEvent } from "../../src/protocol/machine.ts";

const decoder = new TextDecoder();

/** Longest text of a line that a trace shows. */
const MAX_SHOWN_CHARS = 240;

/**
 * Everything that happened in a run: always as a hash, by which two runs are compared, and as text only where
 * somebody wants to read it.
 */
export class Trace {
  /** The lines, if they are kept. */
  readonly lines: string[] | undefined;
  #low = 0x811c9dc5;
  #high = 0x1b873593;

  /** A trace that has not begun. */
  constructor(keepsLines: boolean) {
    this.lines = keepsLines ? [] : undefined;
  }

  /** Identifies the run so far. */
  get hash(): string {
    const hex = (half: number) => (half >>> 0).toString(16).padStart(8, "0");
    return hex(this.#high) + hex(this.#low);
  }

  /** Notes what the simulation does to its machines. */
  note(nowMs: number, who: string, text: string): void {
    this.#mix(nowMs);
    this.#mixText(text);
    this.lines?.push(`${nowMs.toFixed(3)} ${who} ${text}`);
  }

  /** Notes an event as a machine takes it. */
  event(nowMs: number, who: string, event: MachineEvent): void {
    this.#mix(nowMs);
    this.#mixText(event.kind);
    if ("connection" in event) this.#mix(event.connection);
    if (event.kind === "received") this.#mixBytes(event.bytes);
    if (this.lines !== undefined && event.kind !== "drained") {
      this.lines.push(`${nowMs.toFixed(3)} ${who} < ${eventText(event)}`);
    }
  }

  /** Notes an effect as a machine wants it. */
  effect(nowMs: number, who: string, effect: Effect): void {
    this.#mixText(effect.kind);
    if ("connection" in effect) this.#mix(effect.connection);
    if (effect.kind === "write") this.#mixText(effect.text);
    if (effect.kind === "write_bytes") this.#mixBytes(effect.bytes);
    this.lines?.push(`${nowMs.toFixed(3)} ${who} > ${effectText(effect)}`);
  }

  #mixText(text: string): void {
    for (let index = 0; index < text.length; index++) this.#mix(text.charCodeAt(index));
  }

  #mixBytes(bytes: Uint8Array): void {
    for (const byte of bytes) this.#mix(byte);
  }

  #mix(value: number): void {
    // Fractions of a millisecond count as well.
    const bits = (value * 4096) | 0;
    this.#low = Math.imul(this.#low ^ bits, 0x01000193);
    this.#high = Math.imul(this.#high ^ this.#low ^ (this.#high >>> 15), 0x85ebca6b);
  }
}

/** An event as a line of a trace. */
export function eventText(event: MachineEvent): string {
  switch (event.kind) {
    case "received":
      return `${event.connection} received ${shown(decoder.decode(event.bytes))}`;
    case "closed":
      return `${event.connection} closed: ${event.reason}`;
    case "tick":
    case "stop":
      return event.kind;
    default:
      return `${event.connection} ${event.kind}`;
  }
}

/** An effect as a line of a trace. */
export function effectText(effect: Effect): string {
  switch (effect.kind) {
    case "write":
      return `${effect.connection} write ${shown(effect.text)}`;
    case "write_bytes":
      return `${effect.connection} write ${shown(decoder.decode(effect.bytes))}`;
    case "connect":
      return `${effect.connection} connect ${effect.address.host}:${effect.address.port}`;
    case "log":
      return `${effect.level} ${effect.text}`;
    case "stop_listening":
    case "stopped":
      return effect.kind;
    default:
      return `${effect.connection} ${effect.kind}`;
  }
}

function shown(text: string): string {
  const quoted = JSON.stringify(text).slice(1, -1).replaceAll('\\"', '"');
  return quoted.length <= MAX_SHOWN_CHARS ? quoted : quoted.slice(0, MAX_SHOWN_CHARS) + "…";
}
