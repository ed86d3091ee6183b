import { Child } from "../cluster/child.ts";
import { projectPath } from "../paths.ts";
import { commandOutput, runDriver } from "./command.ts";
import type { Found } from "./peer.ts";

/** The daemon says nothing when it is ready. */
const DAEMON_START_MS = 500;

const RELEASE = "io:put_chars(erlang:system_info(otp_release)), halt().";

/** Erlang's erpc over a coordinator node, where Erlang is installed. */
export async function findErlang(): Promise<Found> {
  const release = await commandOutput(["erl", "-noshell", "-eval", RELEASE]);
  if (release === undefined) return { missing: "Erlang erpc: erl is not installed" };
  const script = projectPath("bench/peers/erpc_driver.escript");
  return {
    peer: {
      name: "erlang",
      title: `Erlang/OTP ${release}, erpc`,
      measure: async ({ regime, sampleMs }) => {
        // Its nodes find each other through a daemon, which would outlive them: this one is our own.
        const port = freePort();
        await using _daemon = new Child(regime.words(["epmd", "-port", port]));
        await new Promise((resolve) => setTimeout(resolve, DAEMON_START_MS));
        const words = regime.words(["escript", script, (sampleMs / 1000).toFixed(1)]);
        return await runDriver(words, { ERL_EPMD_PORT: port });
      },
    },
  };
}

function freePort(): string {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return String(listener.addr.port);
}
