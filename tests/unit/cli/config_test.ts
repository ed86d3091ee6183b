import { assert, assertEquals } from "@std/assert";
import { readConfig } from "../../../src/cli/config.ts";
import type { RoleName } from "../../../src/cli/roles.ts";
import { oneFile, usageError } from "./support.ts";

function config(role: RoleName, value: unknown): Record<string, string> {
  const text = typeof value === "string" ? value : JSON.stringify(value);
  return Object.fromEntries(readConfig("cluster.jsonc", role, oneFile(text)));
}

function problem(role: RoleName, value: unknown): string {
  const { message } = usageError(() => config(role, value));
  const prefix = 'Cannot read config "cluster.jsonc": ';
  assert(message.startsWith(prefix), message);
  return message.slice(prefix.length);
}

Deno.test("readConfig() takes every flag of a server as a key, in its natural type", () => {
  const text = `{
    // Where to listen
    "host": "0.0.0.0", "port": 5001,
    "workers": ["127.0.0.1:6001", "[::1]:6002"], /* two */
    "local": 4, "worker-timeout": 0.5, "max-line-bytes": "2MiB", "log-level": "debug",
  }`;
  assertEquals(config("calc_server", text), {
    "host": "0.0.0.0",
    "port": "5001",
    "workers": "127.0.0.1:6001,[::1]:6002",
    "local": "4",
    "worker-timeout": "0.5",
    "max-line-bytes": "2MiB",
    "log-level": "debug",
  });
});

Deno.test("readConfig() takes every flag of a client as a key", () => {
  const file = {
    ...{ op: "add", a: 1.5, b: -3, n: "1000000000000000000000", pretty: true, explain: true },
    ...{ batch: true, input: "in.jsonl", output: "-", window: 16, timeout: "5m" },
  };
  assertEquals(config("client", file), {
    ...{ op: "add", a: "1.5", b: "-3", n: file.n, pretty: "true", explain: "true" },
    ...{ batch: "true", input: "in.jsonl", output: "-", window: "16", timeout: "5m" },
  });
});

Deno.test("readConfig() reads true as given and false as not given", () => {
  assertEquals(config("calc_server", { local: true }), { local: "cores" });
  assertEquals(config("calc_server", { local: false }), {});
  assertEquals(config("client", { pretty: false, batch: false }), {});
});

Deno.test("readConfig() lets a role's section go before the keys for all", () => {
  const file = {
    "host": "0.0.0.0",
    "log-level": "warn",
    "pretty": true,
    "workers": ["a:1"],
    "worker": { "port": 7001 },
    "client": { "host": "lab1", "pretty": false },
  };
  assertEquals(config("worker", file), { "host": "0.0.0.0", "log-level": "warn", "port": "7001" });
  assertEquals(config("client", file), { "host": "lab1", "log-level": "warn" });
  assertEquals(config("calc_server", file), {
    "host": "0.0.0.0",
    "log-level": "warn",
    "workers": "a:1",
  });
});

Deno.test("readConfig() lets a section come before the keys for all in the file, too", () => {
  assertEquals(config("client", { client: { host: "lab1" }, host: "lab2" }), { host: "lab1" });
});

Deno.test("readConfig() refuses an unknown key, and says which was meant", () => {
  const cases: readonly (readonly [unknown, string])[] = [
    [{ wokers: [] }, 'unknown key "wokers"; did you mean "workers"?'],
    [{ "calc-server": {} }, 'unknown key "calc-server"; did you mean "calc_server"?'],
    [{ clientt: {} }, 'unknown key "clientt"; did you mean "client"?'],
    [{ worker: { workers: [] } }, 'unknown key "worker.workers"'],
    [{ client: { prot: 1 } }, 'unknown key "client.prot"; did you mean "port"?'],
    [{ config: "a" }, 'unknown key "config"'],
    [{ help: true }, 'unknown key "help"'],
    [{ version: true }, 'unknown key "version"'],
    [{ toString: 1 }, 'unknown key "toString"'],
    ['{"__proto__": 1}', 'unknown key "__proto__"'],
    ['{"client": {"__proto__": 1}}', 'unknown key "client.__proto__"'],
    [{ "--port": 1 }, 'unknown key "--port"; did you mean "port"?'],
  ];
  for (const [file, expected] of cases) {
    for (const role of ["worker", "calc_server", "client"] as const) {
      assertEquals(problem(role, file), expected);
    }
  }
});

Deno.test("readConfig() refuses a wrong type by name", () => {
  const cases: readonly (readonly [RoleName, unknown, string])[] = [
    ["worker", { port: "6001" }, 'key "port" must be a whole number from 0 to 65535, not "6001"'],
    ["worker", { port: null }, 'key "port" must be a whole number from 0 to 65535, not null'],
    ["worker", { port: [1] }, 'key "port" must be a whole number from 0 to 65535, not an array'],
    ["worker", { port: {} }, 'key "port" must be a whole number from 0 to 65535, not an object'],
    ["worker", { port: false }, 'key "port" must be a whole number from 0 to 65535, not false'],
    ["worker", { worker: 5 }, 'key "worker" must be an object of flags'],
    ["client", { worker: [] }, 'key "worker" must be an object of flags'],
    [
      "client",
      { client: { pretty: 1 } },
      'key "client.pretty" must be true or false, not 1',
    ],
    ["client", { a: "1" }, 'key "a" must be a number, not "1"'],
    [
      "client",
      '{"n": 1000000000000000000000}',
      'key "n" must be a whole number, or a text of digits if it is large, not 1e+21',
    ],
    [
      "calc_server",
      { local: "4" },
      'key "local" must be true, false or a whole number from 1 to 256, not "4"',
    ],
    [
      "calc_server",
      { workers: [6001] },
      'key "workers" must be a text or an array of texts, each an address such as "lab1:6001", not an array',
    ],
  ];
  for (const [role, file, expected] of cases) assertEquals(problem(role, file), expected);
});

Deno.test("readConfig() refuses a value that the command line would refuse", () => {
  const cases: readonly (readonly [RoleName, unknown, string])[] = [
    [
      "worker",
      { port: 70000 },
      'key "port": "70000" is out of range: expected a whole number from 0 to 65535',
    ],
    [
      "worker",
      { port: 1.5 },
      'key "port": "1.5" is not a whole number: expected a whole number from 0 to 65535',
    ],
    ["worker", { host: "" }, 'key "host" is empty'],
    ["client", { op: "" }, 'key "op" is empty'],
    [
      "client",
      '{"a": 1e999}',
      'key "a": "Infinity" is not a number: expected one such as 10, -3, 0.5 or 1e9',
    ],
    ["client", { n: -1 }, 'key "n": "-1" is not a whole number of at least 0'],
    [
      "calc_server",
      { workers: ["a:1", "b"] },
      'key "workers": "b" has no port: expected HOST:PORT',
    ],
    ["calc_server", { workers: "a:1 a:1" }, 'key "workers": "a:1" is named twice'],
    [
      "calc_server",
      { calc_server: { "worker-timeout": 0 } },
      'key "calc_server.worker-timeout": "0" is out of range: expected from 1 to 86400000 ms',
    ],
  ];
  for (const [role, file, expected] of cases) assertEquals(problem(role, file), expected);
});

Deno.test("readConfig() leaves the values of other roles to them", () => {
  const file = { workers: 5, op: "nonsense", client: { port: "x" } };
  assertEquals(config("worker", file), {});
});

Deno.test("readConfig() takes a byte order mark, an empty object and Windows line ends", () => {
  assertEquals(config("worker", '\uFEFF{\r\n"port": 1\r\n}'), { port: "1" });
  assertEquals(config("worker", "{}"), {});
});

Deno.test("readConfig() says in one line that a file is no object", () => {
  for (const text of ["[]", "null", "5", '"a"']) {
    assertEquals(problem("worker", text), "it must hold one object, { ... }");
  }
  for (const text of ["", "{", "{]", "port: 1", '{"port": 1} x', '{"port": }']) {
    const message = problem("worker", text);
    assert(message.startsWith("it is not valid JSON: "), message);
    assert(!message.includes("Cannot parse"), message);
  }
});

Deno.test("readConfig() says in one line that a file cannot be read", () => {
  const cases: readonly (readonly [string, string, string])[] = [
    ["NotFound", "No such file or directory (os error 2): readfile 'x'", "no such file"],
    ["PermissionDenied", "Permission denied (os error 13)", "permission denied"],
    ["NotCapable", 'Requires read access to "x"', "permission denied"],
    ["IsADirectory", "Is a directory (os error 21)", "it is a folder"],
    ["Error", "Input/output error\nat line 2", "Input/output error"],
  ];
  for (const [name, text, expected] of cases) {
    const cause = Object.assign(new Error(text), { name });
    const error = usageError(() =>
      readConfig("x.jsonc", "worker", {
        ...oneFile("{}"),
        readText: () => {
          throw cause;
        },
      })
    );
    assertEquals(error.message, `Cannot read config "x.jsonc": ${expected}`);
    assertEquals(error.cause, cause);
    assertEquals(error.flag, "config");
  }
});

Deno.test("readConfig() asks for the file that it was given", () => {
  const asked: string[] = [];
  readConfig("some/cluster.jsonc", "worker", {
    ...oneFile(""),
    readText: (path) => {
      asked.push(path);
      return "{}";
    },
  });
  assertEquals(asked, ["some/cluster.jsonc"]);
});
