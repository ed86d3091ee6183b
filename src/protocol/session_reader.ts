import { decodeRequest } from "./decode_request.ts";
import { wireError } from "./errors.ts";
import { scanNextRequest, scanRequest } from "./fast_path.ts";
import { decodeLine } from "./framing.ts";
import type { Malformed, Request } from "./messages.ts";
import type { Session } from "./session.ts";

/**
 * Reads the requests that a session has and may have read now. The last line counts without a newline once
 * the peer has ended its sending half; a line of no length is nothing.
 *
 * @param handle Takes each request; it may stop the reading by what it does to the session.
 */
export function readRequests(
  session: Session,
  handle: (request: Request | Malformed) => void,
): void {
  const { framer } = session;
  while (session.mayRead) {
    // What the peer answers may look like a request.
    const { onReply } = session;
    const next = onReply === undefined ? scanNextRequest(framer) : undefined;
    if (next !== undefined) {
      handle(next);
      continue;
    }
    if (!framer.next() && !(session.ended && framer.last())) break;
    if (framer.start === framer.end) continue;
    if (onReply !== undefined) {
      session.onReply = undefined;
      onReply(decodeLine(framer.bytes, framer.start, framer.end) ?? "");
      continue;
    }
    const scanned = scanRequest(framer.bytes, framer.start, framer.end);
    if (scanned !== undefined) {
      handle(scanned);
      continue;
    }
    const text = decodeLine(framer.bytes, framer.start, framer.end);
    handle(text === undefined ? INVALID_UTF8 : decodeRequest(text));
  }
  if (framer.overflowed && !session.closing) handle(LINE_TOO_LONG);
  framer.settle();
}

const INVALID_UTF8: Malformed = { op: "malformed", error: wireError("invalid_utf8") };
const LINE_TOO_LONG: Malformed = {
  op: "malformed",
  error: wireError("line_too_long"),
  fatal: true,
};
