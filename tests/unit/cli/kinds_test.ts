import { assertEquals, assertStringIncludes } from "@std/assert";
import {
  addressList,
  choice,
  host,
  numberOrCores,
  path,
  port,
  toggle,
  wholeNumber,
} from "../../../src/cli/kinds.ts";
import { read } from "./support.ts";

Deno.test("port() takes 0 only where a free port may be chosen", () => {
  assertEquals(read(port(0), "0"), 0);
  assertEquals(read(port(1), "65535"), 65535);
  assertEquals(
    read(port(0), "70000"),
    "is out of range: expected a whole number from 0 to 65535",
  );
  assertEquals(read(port(1), "0"), "is out of range: expected a whole number from 1 to 65535");
});

Deno.test("wholeNumber() refuses fractions, exponents and words", () => {
  const window = wholeNumber({ min: 1, max: 16384 });
  assertEquals(read(window, "16384"), 16384);
  assertEquals(read(window, "+7"), 7);
  for (const text of ["1.0", "1e3", "0x10", "many", " 1", "1 ", "", "-"]) {
    assertStringIncludes(String(read(window, text)), "is not a whole number", text);
  }
  for (const text of ["0", "-1", "16385", "9".repeat(400)]) {
    assertStringIncludes(String(read(window, text)), "is out of range", text);
  }
});

Deno.test("wholeNumber() has no negative zero", () => {
  assertEquals(Object.is(read(wholeNumber({ min: 0, max: 9 }), "-0"), 0), true);
});

Deno.test("numberOrCores() reads a number, or nothing as the cores", () => {
  const local = numberOrCores({ min: 1, max: 256 });
  assertEquals(read(local, "4"), 4);
  assertEquals(read(local, "cores"), "cores");
  assertStringIncludes(String(read(local, "0")), "from 1 to 256");
  assertStringIncludes(String(read(local, "all")), "is not a whole number");
  assertEquals(local.configToText(true), "cores");
  assertEquals(local.configToText(4), "4");
  assertEquals(local.configToText("4"), undefined);
});

Deno.test("choice() names what it expects, and what was meant", () => {
  const level = choice(["error", "warn", "info"], "LEVEL");
  assertEquals(read(level, "warn"), "warn");
  const problem = 'is not known: expected error, warn or info; did you mean "info"?';
  assertEquals(read(level, "inof"), problem);
  assertEquals(read(level, "loud"), "is not known: expected error, warn or info");
  assertStringIncludes(String(read(level, "INFO")), 'did you mean "info"?');
});

Deno.test("host reads what may be listened on or dialled", () => {
  assertEquals(read(host, "0.0.0.0"), "0.0.0.0");
  assertEquals(read(host, "[::]"), "::");
  assertStringIncludes(String(read(host, "127.0.0.1:5000")), "names a port");
});

Deno.test("path refuses only what no file can be called", () => {
  assertEquals(read(path, "C:\\lab\\a b.jsonl"), "C:\\lab\\a b.jsonl");
  assertEquals(read(path, "-"), "-");
  assertStringIncludes(String(read(path, "a\0b")), "not the path");
});

Deno.test("addressList reads addresses in order, separated by commas or spaces", () => {
  const expected = [{ host: "a", port: 1 }, { host: "::1", port: 2 }, { host: "c", port: 3 }];
  for (const text of ["a:1,[::1]:2,c:3", "a:1 [::1]:2 c:3", " a:1, [::1]:2 ,,c:3,"]) {
    assertEquals(addressList.readText(text), { value: expected }, text);
  }
});

Deno.test("addressList names the address that is wrong, not the whole list", () => {
  assertEquals(addressList.readText("a:1,b,c:3"), {
    problem: "has no port: expected HOST:PORT",
    part: "b",
  });
  assertEquals(addressList.readText("a:1,b:0"), {
    problem: "has a wrong port: expected a whole number from 1 to 65535",
    part: "b:0",
  });
});

Deno.test("addressList refuses the same address twice", () => {
  assertEquals(addressList.readText("lab:1,lab:2,LAB:1"), {
    problem: "is named twice",
    part: "LAB:1",
  });
  assertEquals(addressList.readText("[::1]:1,[::1]:1"), {
    problem: "is named twice",
    part: "[::1]:1",
  });
});

Deno.test("kinds take only their own types from a config file", () => {
  assertEquals(addressList.configToText(["a:1", "b:2"]), "a:1,b:2");
  assertEquals(addressList.configToText("a:1 b:2"), "a:1 b:2");
  assertEquals(toggle.configToText(true), "true");
  assertEquals(port(0).configToText(5000), "5000");
  assertEquals(host.configToText("lab1"), "lab1");
  for (const kind of [addressList, toggle, port(0), host, path, choice(["a"], "A")]) {
    for (const value of [null, {}, [1], undefined]) {
      assertEquals(kind.configToText(value), undefined, kind.expectedInConfig);
    }
  }
  assertEquals(port(0).configToText("5000"), undefined);
  assertEquals(toggle.configToText("true"), undefined);
  assertEquals(toggle.configToText(1), undefined);
});
