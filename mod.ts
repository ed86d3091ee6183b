/**
 * One calculator out of a room of machines: workers calculate, a coordinator hands out the work and survives
 * the loss of workers, clients ask over JSON Lines on TCP.
 *
 * @example A whole room in one process
 * ```ts
 * import { connect, startServer, startWorker } from "@aula/calc";
 *
 * await using one = startWorker({ port: 0 });
 * await using two = startWorker({ port: 0 });
 * await using server = startServer({ port: 0, workers: [one.address, two.address] });
 * await using client = await connect({ port: server.address.port });
 *
 * if (await client.add(10, 5) !== 15) throw new Error("10 + 5 is 15");
 * const { result } = await client.sumSquares(9n);
 * if (result !== 285n) throw new Error("1² + … + 9² is 285");
 * ```
 *
 * @module
 */

export {
  Client,
  connect,
  type ConnectOptions,
  type RequestOptions,
  type SumSquaresResult,
} from "./src/client/client.ts";
export {
  CalculationError,
  MapError,
  type MapErrorOptions,
  ModuleError,
  ProtocolError,
  ReplyTimeoutError,
  ServerUnreachableError,
} from "./src/client/errors.ts";
export type {
  MapItems,
  MapOptions,
  MapPrint,
  MapReduceOptions,
} from "./src/client/map/map_options.ts";
export { NoResultError } from "./src/jobs/accumulator.ts";
export type { FailureCause } from "./src/jobs/messages.ts";
export type { BuiltInReduce } from "./src/jobs/module.ts";
export { ListenError } from "./src/net/listener.ts";
export type { Log, RunningRole } from "./src/net/role.ts";
export type { Address, LogLevel } from "./src/protocol/machine.ts";
export type { Part } from "./src/protocol/messages.ts";
export { type ServerOptions, startServer } from "./src/server/server.ts";
export { startWorker, type WorkerOptions } from "./src/worker/worker.ts";
