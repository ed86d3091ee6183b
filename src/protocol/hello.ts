import { MAX_NAME_CHARS, PROTOCOL_VERSION } from "../limits.ts";
import { VERSION } from "../version.ts";
import type { Reply } from "./decode_reply.ts";
import { encodeErrorReply, encodeOkReply } from "./encode.ts";
import { type WireError, wireError } from "./errors.ts";
import { isJsonObject, type JsonObject, parseJson } from "./json.ts";
import type { HelloRequest } from "./messages.ts";

/** The line with which a coordinator greets a worker: one that knows it gets the full protocol. */
export const HELLO_LINE =
  `{"op":"hello","protocol":${PROTOCOL_VERSION},"role":"calc_server","version":"${VERSION}","brief":true}\n`;

/** What a role says of itself when it greets or joins; nobody relies on it but readers of a status. */
export interface RoleFacts {
  readonly role: "calc_server" | "worker";
  /** Processor cores of its machine. */
  readonly cores: number;
  /** Operating system and processor, such as `linux-x86_64`. */
  readonly platform: string;
  /** Chunks of jobs that it runs at once; absent where it runs no code. */
  readonly slots?: number;
}

/** The reply of a role of ours to a hello; one of another protocol version is told both versions. */
export function helloReply(request: HelloRequest, facts: RoleFacts): string {
  const mismatch = versionMismatch(request.protocol);
  if (mismatch !== undefined) return encodeErrorReply(mismatch, request.id);
  return encodeOkReply({ op: "hello", protocol: PROTOCOL_VERSION, ...ownFacts(facts) }, request.id);
}

/** The error that both versions are named in, if a peer's protocol is not ours. */
export function versionMismatch(protocol: number): WireError | undefined {
  if (protocol === PROTOCOL_VERSION) return undefined;
  return wireError("protocol_mismatch", `${protocol} ≠ ${PROTOCOL_VERSION}`);
}

/** The members of a hello or join in which a role says what it is. */
export function ownFacts({ role, cores, platform, slots }: RoleFacts): object {
  return { role, version: VERSION, cores, platform, slots };
}

/** What a worker of ours says of itself. */
export interface WorkerFacts {
  readonly version?: string;
  readonly cores?: number;
  readonly platform?: string;
  /** Chunks of jobs that it runs at once. */
  readonly slots?: number;
  /** Whether it is a coordinator itself, whose slots are those of its workers. */
  readonly isCoordinator?: boolean;
}

/** What a worker's hello or join says of it, as far as it is of the right type. */
export function workerFacts(
  members: JsonObject,
): WorkerFacts {
  const { role, version, cores, platform, slots } = members;
  return {
    ...(typeof version === "string" ? { version: version.slice(0, MAX_NAME_CHARS) } : {}),
    ...(Number.isSafeInteger(cores) ? { cores: cores as number } : {}),
    ...(typeof platform === "string" ? { platform: platform.slice(0, MAX_NAME_CHARS) } : {}),
    ...(Number.isSafeInteger(slots) ? { slots: slots as number } : {}),
    ...(role === "calc_server" ? { isCoordinator: true } : {}),
  };
}

/** Whether a reply is the hello of a role that speaks our version of the protocol. */
export function isHelloReply(reply: Reply): boolean {
  const { op, protocol } = reply.members;
  return reply.ok && op === "hello" && protocol === PROTOCOL_VERSION;
}

/** What a role that ends says to those who have said hello to it: it finishes what it has, and wants nothing new. */
export const GOODBYE_LINE = '{"op":"goodbye"}\n';

/** Whether a line, which is no reply, says goodbye. */
export function isGoodbye(text: string): boolean {
  const value = parseJson(text);
  return isJsonObject(value) && value.op === "goodbye";
}
