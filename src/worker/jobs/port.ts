import type { ConnectionId } from "../../protocol/machine.ts";
import type { DialPort } from "../joining.ts";
import type { ModulePieces } from "./modules.ts";

/** What a runner of jobs needs of its machine. */
export interface RunnerPort extends DialPort {
  /** A channel is no more. */
  channelEnded(connection: ConnectionId): void;
}

/** How jobs are run. */
export interface RunnerOptions {
  /** How many chunks run at once. */
  readonly slots: number;
  /** The SHA-256 of some bytes, in hexadecimal digits. It has no effect, so what is pure may be given it. */
  readonly sha256: (pieces: ModulePieces) => string;
}
