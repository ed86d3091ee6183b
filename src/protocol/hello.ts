import { PROTOCOL_VERSION } from "../limits.ts";
import { VERSION } from "../version.ts";
import type { Reply } from "./decode_reply.ts";
import { encodeErrorReply, encodeOkReply } from "./encode.ts";
import { wireError } from "./errors.ts";
import type { HelloRequest } from "./messages.ts";

/** The line with which a coordinator greets a worker: one that knows it gets the full protocol. */
export const HELLO_LINE =
  `{"op":"hello","protocol":${PROTOCOL_VERSION},"role":"calc_server","version":"${VERSION}"}\n`;

/** The reply of a role of ours to a hello; one of another protocol version is told both versions. */
export function helloReply(request: HelloRequest, role: "calc_server" | "worker"): string {
  if (request.protocol !== PROTOCOL_VERSION) {
    const versions = `${request.protocol} ≠ ${PROTOCOL_VERSION}`;
    return encodeErrorReply(wireError("protocol_mismatch", versions), request.id);
  }
  const members = { op: "hello", protocol: PROTOCOL_VERSION, role, version: VERSION };
  return encodeOkReply(members, request.id);
}

/** Whether a reply is the hello of a role that speaks our version of the protocol. */
export function isHelloReply(reply: Reply): boolean {
  const { op, protocol } = reply.members;
  return reply.ok && op === "hello" && protocol === PROTOCOL_VERSION;
}
