import { assert, assertEquals } from "@std/assert";
import { MAX_HELD_BYTES } from "../../src/limits.ts";
import { startServer } from "../support/cluster.ts";
import { until } from "../support/waiting.ts";

/** Just within the limit of a line. */
const UNFINISHED_BYTES = 1024 * 1024 - 1;
/** How many more lines are begun than can be held. */
const TOO_MANY = 8;
const HOSTILE = Math.floor(MAX_HELD_BYTES / UNFINISHED_BYTES) + TOO_MANY;
const NO_ROOM = '{"ok":false,"error":"no hay sitio ahora para una línea tan larga"}';
const INVALID_JSON = '{"ok":false,"error":"la línea no es JSON válido"}';

Deno.test("lines that never end fill no more than the bound: who is in the way is told and closed", async () => {
  await using server = await startServer();
  using patient = await server.connect();
  using stack = new DisposableStack();
  const start = new Uint8Array(UNFINISHED_BYTES).fill(0x78);
  let refused = 0;
  const hostile = await Promise.all(Array.from({ length: HOSTILE }, async () => {
    const connection = stack.use(await server.connect());
    const heard = connection.rest().then((lines) => {
      if (lines.join() === NO_ROOM) refused++;
      return lines.join();
    });
    await connection.send(start);
    return { connection, heard };
  }));
  await until("some to be refused", () => refused >= TOO_MANY);
  assertEquals(await patient.ask('{"op":"ping"}'), '{"ok":true}', "others go on meanwhile");

  const heard = await Promise.all(hostile.map(async ({ connection, heard }) => {
    // The end of the line. Whoever was refused is not listened to any more, or is gone.
    await connection.send("x\n").then(() => connection.endSending()).catch(() => {});
    return await heard;
  }));
  const taken = heard.filter((text) => text === INVALID_JSON).length;
  assertEquals(refused + taken, HOSTILE);
  assert(taken > HOSTILE / 2, `only ${taken} of ${HOSTILE} were not refused`);
  assertEquals(await patient.ask('{"op":"ping"}'), '{"ok":true}');
});
