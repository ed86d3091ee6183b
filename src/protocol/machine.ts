/**
 * How a role meets the network. A role is a pure machine: what happened goes in as an event with the time,
 * what is to be done comes out as effects. src/net/ carries them out on real sockets, the simulation on
 * simulated ones.
 *
 * @module
 */

import type { Lines } from "./line_writer.ts";

/**
 * Names a connection. Those that were accepted are numbered upwards from 1 by the network, those that a
 * machine dials downwards from -1 by the machine: so both may number without asking each other.
 */
export type ConnectionId = number;

/** Where a peer listens. */
export interface Address {
  /** A name or an IP address, IPv6 without brackets. */
  readonly host: string;
  /** 1 to 65535, or 0 for "any free one" where we listen ourselves. */
  readonly port: number;
}

/** How much a log line matters. */
export type LogLevel = "error" | "warn" | "info" | "debug";

/** What happened on a connection. */
export type ConnectionEvent =
  /** A peer connected to us; `remote` is its address as text. */
  | { readonly kind: "accepted"; readonly connection: ConnectionId; readonly remote: string }
  /** A dial succeeded. */
  | { readonly kind: "connected"; readonly connection: ConnectionId }
  /** Bytes came. They are borrowed: valid during this step only. */
  | {
    readonly kind: "received";
    readonly connection: ConnectionId;
    readonly bytes: Uint8Array;
  }
  /** The peer will send no more, but may still read. */
  | { readonly kind: "ended"; readonly connection: ConnectionId }
  /** The connection is gone, or the dial failed. No event follows for it. */
  | { readonly kind: "closed"; readonly connection: ConnectionId; readonly reason: string }
  /** Everything that was written has been handed to the system. */
  | { readonly kind: "drained"; readonly connection: ConnectionId };

/** What happened. */
export type MachineEvent =
  | ConnectionEvent
  /** Time has passed: `wakeAtMs` was reached. */
  | { readonly kind: "tick" }
  /** The role shall end: finish what is in flight. */
  | { readonly kind: "stop" };

/** What is to be done. */
export type Effect =
  | { readonly kind: "connect"; readonly connection: ConnectionId; readonly address: Address }
  /** Starts a process of our own and connects to it; its end is the connection's, and the other way round. */
  | { readonly kind: "spawn"; readonly connection: ConnectionId }
  | { readonly kind: "write"; readonly connection: ConnectionId; readonly text: string }
  /** The same as bytes; their storage is free once they have been written. */
  | { readonly kind: "write_lines"; readonly connection: ConnectionId; readonly lines: Lines }
  /** Bytes, which must not change any more. */
  | { readonly kind: "write_bytes"; readonly connection: ConnectionId; readonly bytes: Uint8Array }
  /** Write what is due, end our sending half, and close once the peer has had time to read. */
  | { readonly kind: "finish"; readonly connection: ConnectionId }
  /** Close at once. `closed` is not reported for what we close ourselves. */
  | { readonly kind: "close"; readonly connection: ConnectionId }
  /** Read no more from the connection for now. */
  | { readonly kind: "pause"; readonly connection: ConnectionId }
  | { readonly kind: "resume"; readonly connection: ConnectionId }
  /** Accept no more connections. */
  | { readonly kind: "stop_listening" }
  | { readonly kind: "log"; readonly level: LogLevel; readonly text: string }
  /** The role has ended in good order. */
  | { readonly kind: "stopped" };

/** A role without sockets, clocks or randomness. */
export interface Machine {
  /** When a `tick` is due, on the same clock as `nowMs`; `Infinity` if only events matter. */
  readonly wakeAtMs: number;
  /** Takes one event at the given time (milliseconds of a clock that never goes back). */
  step(event: MachineEvent, nowMs: number): Effect[];
}
