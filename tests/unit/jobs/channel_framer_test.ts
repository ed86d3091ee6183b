import { assertEquals } from "@std/assert";
import { ChannelFramer, messageLine } from "../../../src/jobs/channel_framer.ts";
import { MAX_CHANNEL_LINE_BYTES, MAX_PIECE_BYTES } from "../../../src/limits.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Three messages, the second and third with bytes, among which are newlines and braces. */
const STREAM = encoder.encode(
  '{"op":"ping"}\n\n{"op":"result","bytes":8}\n1\n{"a"\n\n{"op":"items","bytes":3}\nñ\n{"op":"pong"}\r\n',
);

function read(framer: ChannelFramer, bytes: Uint8Array): string[] {
  framer.push(bytes);
  const found: string[] = [];
  for (let message = framer.next(); message !== undefined; message = framer.next()) {
    found.push(`${message.members.op}:${decoder.decode(message.payload)}`);
  }
  return found;
}

const EXPECTED = ["ping:", 'result:1\n{"a"\n\n', "items:ñ\n", "pong:"];

Deno.test("ChannelFramer gives messages with the bytes that follow them", () => {
  const framer = new ChannelFramer();
  assertEquals(read(framer, STREAM), EXPECTED);
  assertEquals(framer.fault, undefined);
});

Deno.test("ChannelFramer gives the same a byte at a time, and cut at every place", () => {
  const single = new ChannelFramer();
  const found = Array.from(STREAM, (byte) => read(single, Uint8Array.of(byte))).flat();
  assertEquals(found, EXPECTED);
  for (let cut = 0; cut <= STREAM.length; cut++) {
    const framer = new ChannelFramer();
    const first = read(framer, STREAM.slice(0, cut));
    assertEquals([...first, ...read(framer, STREAM.slice(cut))], EXPECTED, `cut at ${cut}`);
  }
});

Deno.test("ChannelFramer skips the bytes of what is not wanted, wherever they are cut", () => {
  for (let cut = 0; cut <= STREAM.length; cut++) {
    const framer = new ChannelFramer(({ op }) => op !== "result");
    const found = [...read(framer, STREAM.slice(0, cut)), ...read(framer, STREAM.slice(cut))];
    assertEquals(found, ["ping:", "result:", "items:ñ\n", "pong:"], `cut at ${cut}`);
  }
});

Deno.test("ChannelFramer keeps no part of a chunk that its owner uses again", () => {
  const framer = new ChannelFramer();
  const buffer = STREAM.slice(0, 50);
  const first = read(framer, buffer);
  buffer.fill(0x78);
  assertEquals([...first, ...read(framer, STREAM.slice(50))], EXPECTED);
});

Deno.test("ChannelFramer names what is no message, and frames nothing after it", () => {
  const cases: [string, string][] = [
    ["hello\n", "sent something that is no message"],
    ["[]\n", "sent something that is no message"],
    ['{"op":1}\n', "sent something that is no message"],
    ['{"op":"items","bytes":-1}\n', "sent a message with bytes -1"],
    ['{"op":"items","bytes":1.5}\n', "sent a message with bytes 1.5"],
    [`{"op":"items","bytes":${MAX_PIECE_BYTES + 1}}\n`, "sent a message with bytes 262145"],
    ['{"op":"items","bytes":"1"}\n', 'sent a message with bytes "1"'],
    ['{"op":"items","bytes":{"toString":1}}\n', "sent a message with bytes an object"],
    ["x".repeat(MAX_CHANNEL_LINE_BYTES + 2), "sent an endless line"],
  ];
  for (const [text, fault] of cases) {
    const framer = new ChannelFramer();
    assertEquals(read(framer, encoder.encode(text + '{"op":"ping"}\n')), []);
    assertEquals(framer.fault, fault);
  }
});

Deno.test("messageLine() writes one line", () => {
  assertEquals(messageLine({ op: "close", job: 1 }), '{"op":"close","job":1}\n');
});
