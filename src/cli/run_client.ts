import { ReplyTimeoutError, ServerUnreachableError } from "../client/errors.ts";
import { ClientLink } from "../client/link.ts";
import { formatAddress } from "../protocol/address.ts";
import { decodeReply } from "../protocol/decode_reply.ts";
import { requestBody } from "../protocol/encode.ts";
import type { Request } from "../protocol/messages.ts";
import type { ClientAction } from "./client_action.ts";
import type { ClientOptions } from "./commands.ts";
import { EXIT_STATUS } from "./exit_status.ts";
import { prettyJson, spaceJson } from "./output.ts";
import type { SubcommandName } from "./tables.ts";
import { writeStderr, writeStdout } from "./stdio.ts";

/** Does what a client is asked to do, and gives its exit status. */
export async function runClient(options: ClientOptions): Promise<number> {
  const { action } = options;
  try {
    // What is not asked for is not loaded: every start would take longer.
    if (action.kind === "batch") {
      const { runBatch } = await import("./run_batch.ts");
      return await runBatch(options, action);
    }
    if (action.kind === "map") {
      const { runMap } = await import("./run_map.ts");
      return await runMap(options, action);
    }
    return await ask(options, requestOf(action));
  } catch (error) {
    if (!(error instanceof ServerUnreachableError || error instanceof ReplyTimeoutError)) {
      throw error;
    }
    const isResumable = action.kind === "map" && action.logPath !== undefined;
    const advice = isResumable ? "; to go on, run the same command again" : "";
    writeStderr(`client: ${error.message}${advice}\n`);
    return EXIT_STATUS.unreachable;
  }
}

async function ask(options: ClientOptions, request: Request): Promise<number> {
  const { servers, timeoutMs, pretty, explain } = options;
  const link = new ClientLink(servers);
  try {
    const body = requestBody(explain ? { ...request, explain } : request);
    const text = await link.ask(body, { timeoutMs, bare: true });
    const reply = decodeReply(text);
    if (reply === undefined) {
      writeStderr(
        `client: ${servers.map(formatAddress).join(", ")} answered something that is no reply: ` +
          "is it a calc_server?\n",
      );
      return EXIT_STATUS.unreachable;
    }
    await writeStdout((pretty ? prettyJson(text) : spaceJson(text)) + "\n");
    return reply.ok ? EXIT_STATUS.ok : EXIT_STATUS.refused;
  } finally {
    await link.close();
  }
}

function requestOf(action: Exclude<ClientAction, { kind: "batch" | "map" }>): Request {
  switch (action.kind) {
    case "operation":
      return { op: action.op, a: action.a, b: action.b };
    case "sum_squares":
      return { op: "sum_squares", n: action.n };
    case "subcommand":
      return subcommandRequest(action.name, action.operands);
  }
}

function subcommandRequest(
  name: Exclude<SubcommandName, "map">,
  [operand = ""]: readonly string[],
): Request {
  switch (name) {
    case "drain":
    case "undrain":
      return { op: name, worker: operand };
    case "cancel":
      return { op: name, job: operand };
    default:
      return { op: name };
  }
}
