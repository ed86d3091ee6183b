import { assertEquals, assertMatch } from "@std/assert";
import { busyServer } from "../support/busy_server.ts";
import { type Server, startServer, startWorker } from "../support/cluster.ts";
import { pause, until, within } from "../support/waiting.ts";

// Windows ends a process by a signal at once: what is tested here cannot be had there.
const ignore = Deno.build.os === "windows";

const ADDED = '{"ok":true,"result":3.0,"a":1.0,"b":2.0,"op":"add"}';

for (const signal of ["SIGINT", "SIGTERM"] as const) {
  Deno.test({
    name: `${signal} ends an idle role with status 0`,
    ignore,
    fn: async () => {
      await using worker = await startWorker();
      await using server = await startServer({ workers: [worker] });
      await server.untilStates("up");
      // An idle connection holds nobody up.
      using _idle = await server.connect();
      server.process.kill(signal);
      // Half of what requests in flight would be waited for: this is not the end of that wait.
      await within("the end of the server", server.process.status, 5000);
      const { code, stderr } = await server.process.outcome();
      assertEquals(code, 0);
      assertMatch(stderr, /\[calc-server\] stopping: finishing what is in flight\n/);
      worker.process.kill(signal);
      assertEquals((await worker.process.outcome()).code, 0);
    },
  });

  Deno.test({
    name: `${signal} lets what is in flight finish, and nobody new in`,
    ignore,
    fn: async () => {
      await using busy = await busyServer();
      const { server, connection, release } = busy;
      server.process.kill(signal);
      await server.process.stderr.line(/stopping/);
      await until("nobody listening", () => isRefused(server));
      release();
      // The server ends the connection after the last reply.
      assertEquals(await connection.rest(), [ADDED]);
      await within("the end of the server", server.process.status, 5000);
      assertEquals((await server.process.outcome()).code, 0);
    },
  });
}

Deno.test({
  name: "two signals close together are one",
  ignore,
  fn: async () => {
    await using busy = await busyServer();
    const { server, connection, release } = busy;
    // As Ctrl-C does through `deno task`: from the terminal and from the task at once.
    server.process.kill("SIGINT");
    server.process.kill("SIGINT");
    server.process.kill("SIGTERM");
    await server.process.stderr.line(/stopping/);
    await until("nobody listening", () => isRefused(server));
    release();
    assertEquals(await connection.rest(), [ADDED]);
    assertEquals((await server.process.outcome()).code, 0);
  },
});

Deno.test({
  name: "a second signal after a second ends a role at once",
  ignore,
  fn: async () => {
    await using busy = await busyServer();
    const { server } = busy;
    server.process.kill("SIGINT");
    await server.process.stderr.line(/stopping/);
    // The second is what is tested: nothing tells of its end.
    await pause(1100);
    server.process.kill("SIGINT");
    const { code, stderr } = await server.process.outcome();
    assertEquals(code, 130);
    assertMatch(stderr, /stopped before everything was finished\n$/);
  },
});

async function isRefused(server: Server): Promise<boolean> {
  try {
    (await server.connect()).close();
    return false;
  } catch {
    return true;
  }
}
