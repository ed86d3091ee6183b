import { assert, assertEquals, assertMatch } from "@std/assert";
import fc from "fast-check";
import { formatLog, isLogged } from "../../../src/cli/log.ts";

Deno.test("formatLog() names the role, and the level unless it is info", () => {
  const text = "worker 127.0.0.1:6001 is down: connection refused";
  assertEquals(formatLog("calc-server", "info", text), `[calc-server] ${text}`);
  assertEquals(formatLog("worker", "warn", "slow"), "[worker] warning: slow");
  assertEquals(formatLog("client", "error", "lost"), "[client] error: lost");
  assertEquals(formatLog("client", "debug", "sent"), "[client] debug: sent");
});

Deno.test("formatLog() lets no peer forge a line or steer the terminal", () => {
  const cases: readonly (readonly [string, string])[] = [
    ["a\n[worker] error: b", "a\\n[worker] error: b"],
    ["a\r\nb", "a\\r\\nb"],
    ["\u001b[2J", "\\u001b[2J"],
    ["\u009b31m", "\\u009b31m"],
    ["\u0000\u007f\t", "\\u0000\\u007f\\t"],
    ["\u2028\u2029\u202e", "\\u2028\\u2029\\u202e"],
    ["\ud800!", "\\ud800!"],
    ["división 😀", "división 😀"],
  ];
  for (const [text, expected] of cases) {
    assertEquals(formatLog("worker", "info", text), `[worker] ${expected}`);
  }
});

Deno.test("formatLog() gives one printable, well-formed line for any text", () => {
  fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => {
    const line = formatLog("worker", "info", text);
    assertMatch(line, /^[^\p{Cc}\u2028\u2029]*$/u);
    assert(line.isWellFormed());
  }));
});

Deno.test("isLogged() lets through what is at least as important as the threshold", () => {
  const levels = ["error", "warn", "info", "debug"] as const;
  for (const [threshold, thresholdName] of levels.entries()) {
    for (const [level, levelName] of levels.entries()) {
      assertEquals(isLogged(levelName, thresholdName), level <= threshold);
    }
  }
});
