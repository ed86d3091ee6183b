import { assertEquals } from "@std/assert";
import { type Server, startServer, startWorkers } from "../support/cluster.ts";

/** A request with letters of two, three and four bytes, and its reply. */
const REQUEST = '{"id":"ñ€😀","op":"add","a":10,"b":5}';
const REPLY = '{"id":"ñ€😀","ok":true,"result":15.0,"a":10.0,"b":5.0,"op":"add"}';

/** The reply to `{"op":"add","a":k,"b":1}`. */
const added = (k: number) => `{"ok":true,"result":${k + 1}.0,"a":${k}.0,"b":1.0,"op":"add"}`;

Deno.test("a server, and a worker, understand lines however TCP cuts them", async (t) => {
  await using workers = await startWorkers(2);
  await using server = await startServer({ workers });
  await server.untilStates("up", "up");
  const [worker] = workers;

  for (const [name, role] of [["server", server], ["worker", worker!]] as const) {
    await t.step(`${name}: cut at every byte`, () => isCutAtEveryByte(role));
    await t.step(`${name}: a byte at a time`, () => comesByteByByte(role));
    await t.step(`${name}: many lines at once`, () => comesAtOnce(role));
    await t.step(`${name}: LF, CRLF and empty lines`, () => endsDifferently(role));
    await t.step(`${name}: half-close gets every reply`, () => isHalfClosed(role));
    await t.step(`${name}: a last line without newline`, () => hasNoLastNewline(role));
    await t.step(`${name}: a close without a word`, () => closesWithoutWord(role));
  }
  await t.step("a peer that sends much and reads late", () => readsLate(server));
  await t.step("a peer that goes away with its requests unanswered", () => goesAway(server));
});

type Role = Pick<Server, "connect" | "ask">;

async function isCutAtEveryByte(role: Role): Promise<void> {
  const bytes = new TextEncoder().encode(REQUEST + "\n");
  using connection = await role.connect();
  using other = await role.connect();
  for (let cut = 1; cut < bytes.length; cut++) {
    await connection.send(bytes.subarray(0, cut));
    // Its reply says that the role has had the time to read the first piece as well.
    await other.ask('{"op":"ping"}');
    await connection.send(bytes.subarray(cut));
    assertEquals(await connection.line(), REPLY, `cut at ${cut}`);
  }
}

async function comesByteByByte(role: Role): Promise<void> {
  const bytes = new TextEncoder().encode(REQUEST + "\r\n");
  using connection = await role.connect();
  using other = await role.connect();
  for (const byte of bytes) {
    await connection.send(new Uint8Array([byte]));
    await other.ask('{"op":"ping"}');
  }
  assertEquals(await connection.line(), REPLY);
}

async function comesAtOnce(role: Role): Promise<void> {
  const count = 2000;
  using connection = await role.connect();
  const lines = Array.from({ length: count }, (_, k) => `{"op":"add","a":${k},"b":1}\n`);
  const expected = Array.from({ length: count }, (_, k) => added(k));
  await connection.send(lines.join(""));
  assertEquals(await connection.lines(count), expected);
}

async function endsDifferently(role: Role): Promise<void> {
  using connection = await role.connect();
  await connection.send(`\n\r\n${REQUEST}\r\n\n\n${REQUEST}\n`);
  await connection.endSending();
  assertEquals(await connection.rest(), [REPLY, REPLY]);
}

async function isHalfClosed(role: Role): Promise<void> {
  using connection = await role.connect();
  const lines = Array.from({ length: 500 }, (_, k) => `{"op":"add","a":${k},"b":1}\n`);
  await connection.send(lines.join(""));
  await connection.endSending();
  assertEquals(await connection.rest(), Array.from({ length: 500 }, (_, k) => added(k)));
}

async function hasNoLastNewline(role: Role): Promise<void> {
  for (const last of [REQUEST, REQUEST + "\r"]) {
    using connection = await role.connect();
    await connection.send(`${REQUEST}\n${last}`);
    await connection.endSending();
    assertEquals(await connection.rest(), [REPLY, REPLY]);
  }
  using empty = await role.connect();
  await empty.endSending();
  assertEquals(await empty.rest(), []);
}

async function closesWithoutWord(role: Role): Promise<void> {
  for (const said of ["", '{"op":"ad', REQUEST + "\n"]) {
    using connection = await role.connect();
    await connection.send(said);
  }
  assertEquals(await role.ask('{"op":"ping"}'), '{"ok":true}');
}

async function readsLate(server: Server): Promise<void> {
  using connection = await server.connect();
  // More replies than any buffer between the two holds: about 40 MB.
  const digits = "9".repeat(900);
  const lines = 5000;
  const request = `{"op":"sum_squares","n":${digits}}\n`;
  const sending = connection.send(request.repeat(lines));
  // Meanwhile others are served.
  for (let k = 0; k < 20; k++) {
    assertEquals(await server.ask(`{"op":"add","a":${k},"b":1}`), added(k));
  }
  const [first, ...others] = await connection.lines(lines);
  await sending;
  for (const line of others) if (line !== first) assertEquals(line, first);
}

async function goesAway(server: Server): Promise<void> {
  for (let k = 0; k < 10; k++) {
    using connection = await server.connect();
    await connection.send(`{"op":"sum_squares","n":${"9".repeat(900)}}\n`.repeat(500));
  }
  assertEquals(await server.ask('{"op":"add","a":1,"b":1}'), added(1));
}
