import { assertEquals, assertStringIncludes } from "@std/assert";
import fc from "fast-check";
import { duration, size } from "../../../src/cli/quantities.ts";
import { read } from "./support.ts";

const DAY_MS = 86_400_000;
const anyDuration = duration({ min: 1, max: DAY_MS });
const anySize = size({ min: 1, max: 2 ** 40 });

Deno.test("duration() reads seconds, and numbers with a unit, as milliseconds", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["2", 2000],
    ["0.5", 500],
    [".5", 500],
    ["1.001", 1001],
    ["0.001", 1],
    ["250ms", 250],
    ["2s", 2000],
    ["5m", 300_000],
    ["1.5m", 90_000],
    ["1h", 3_600_000],
    ["24h", DAY_MS],
    ["002s", 2000],
  ];
  for (const [text, expected] of cases) assertEquals(read(anyDuration, text), expected, text);
});

Deno.test("duration() refuses what is no duration, no whole number of milliseconds, or out of range", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["", "is not a duration"],
    ["s", "is not a duration"],
    [".", "is not a duration"],
    ["2.", "is not a duration"],
    ["-2", "is not a duration"],
    ["+2", "is not a duration"],
    ["2 s", "is not a duration"],
    ["2S", "is not a duration"],
    ["2d", "is not a duration"],
    ["1e3", "is not a duration"],
    ["0x10", "is not a duration"],
    ["Infinity", "is not a duration"],
    ["2constructor", "is not a duration"],
    ["9".repeat(400), "is not a duration"],
    ["0.5ms", "is not a whole number of ms"],
    ["0.0001", "is not a whole number of ms"],
    ["0", "is out of range: expected from 1 to 86400000 ms"],
    ["0ms", "is out of range"],
    ["25h", "is out of range"],
  ];
  for (const [text, part] of cases) {
    assertStringIncludes(String(read(anyDuration, text)), part, text);
  }
});

Deno.test("duration() reads every number of milliseconds alike, in ms and in seconds", () => {
  fc.assert(fc.property(fc.integer({ min: 1, max: DAY_MS }), (milliseconds) => {
    assertEquals(read(anyDuration, `${milliseconds}ms`), milliseconds);
    const whole = Math.floor(milliseconds / 1000);
    const seconds = `${whole}.${String(milliseconds % 1000).padStart(3, "0")}`;
    assertEquals(read(anyDuration, seconds), milliseconds);
    assertEquals(read(anyDuration, `${seconds}s`), milliseconds);
  }));
});

Deno.test("size() reads bytes, decimal units and binary units", () => {
  const cases: readonly (readonly [string, number])[] = [
    ["1048576", 1_048_576],
    ["1B", 1],
    ["64kB", 64_000],
    ["64KB", 64_000],
    ["64MB", 64_000_000],
    ["1GB", 1_000_000_000],
    ["1KiB", 1024],
    ["1MiB", 1_048_576],
    ["0.5MiB", 524_288],
    ["1GiB", 1_073_741_824],
    ["1.1kB", 1100],
  ];
  for (const [text, expected] of cases) assertEquals(read(anySize, text), expected, text);
});

Deno.test("size() refuses what is no size", () => {
  for (const text of ["", "MiB", "1mb", "1M", "1Mib", "-1", "1e6", "1 MiB"]) {
    assertStringIncludes(String(read(anySize, text)), "is not a size", text);
  }
  assertStringIncludes(String(read(anySize, "0.3")), "is not a whole number of bytes");
  assertStringIncludes(String(read(anySize, "0")), "is out of range");
  assertStringIncludes(String(read(anySize, "1025GiB")), "is out of range");
});

Deno.test("a quantity in a config file is a number or a text", () => {
  assertEquals(anyDuration.configToText(0.5), "0.5");
  assertEquals(anyDuration.configToText("250ms"), "250ms");
  for (const value of [true, null, ["2s"], { ms: 2 }]) {
    assertEquals(anyDuration.configToText(value), undefined);
    assertEquals(anySize.configToText(value), undefined);
  }
});
