import { assertEquals } from "@std/assert";
import { readClientCommand } from "../../../src/cli/commands.ts";
import { noFile, oneFile, usageError } from "./support.ts";

function options(args: string, file?: unknown) {
  const words = args === "" ? [] : args.split(" ");
  const all = file === undefined ? words : [...words, "--config", "c.jsonc"];
  const configReader = file === undefined ? noFile : oneFile(JSON.stringify(file));
  const command = readClientCommand(all, configReader);
  if (command.kind !== "run") throw new Error(`${command.kind} is no run`);
  return command.options;
}

const action = (args: string, file?: unknown) => options(args, file).action;
const problem = (args: string, file?: unknown) => usageError(() => action(args, file)).message;

Deno.test("a client runs with its defaults", () => {
  assertEquals(options("--op add --a 10 --b 5"), {
    servers: [{ host: "127.0.0.1", port: 5000 }],
    timeoutMs: 10_000,
    pretty: false,
    explain: false,
    logLevel: "info",
    action: { kind: "operation", op: "add", a: 10, b: 5 },
  });
});

Deno.test("a client takes its flags", () => {
  const args = "--op sum_squares --n 9 --host lab1 --port 1 --timeout 1m --pretty --explain";
  assertEquals(options(`${args} --log-level debug`), {
    servers: [{ host: "lab1", port: 1 }],
    timeoutMs: 60_000,
    pretty: true,
    explain: true,
    logLevel: "debug",
    action: { kind: "sum_squares", n: 9n },
  });
});

Deno.test("a client takes several servers instead of one", () => {
  assertEquals(options("ping --server lab1:1,[::1]:2").servers, [
    { host: "lab1", port: 1 },
    { host: "::1", port: 2 },
  ]);
});

Deno.test("several servers and one exclude each other on a command line", () => {
  const expected = "--server and --port exclude each other";
  assertEquals(problem("ping --server lab1:1 --port 2"), expected);
  assertEquals(options("ping --port 2", { server: "lab1:1" }).servers, [
    { host: "127.0.0.1", port: 2 },
  ]);
});

Deno.test("drain and undrain name a worker", () => {
  const expected = { kind: "subcommand", name: "drain", operands: ["lab1:6001"] } as const;
  assertEquals(action("drain lab1:6001"), expected);
  assertEquals(action("undrain w#2").kind, "subcommand");
});

Deno.test("operands may be negative, have exponents, or be of 1,000 digits", () => {
  const expected = { kind: "operation", op: "div", a: -3, b: -1e9 } as const;
  assertEquals(action("--op div --a -3 --b=-1e9"), expected);
  const n = "9".repeat(1000);
  assertEquals(action(`--op sum_squares --n ${n}`), { kind: "sum_squares", n: BigInt(n) });
});

Deno.test("the zero that is negative stays so", () => {
  const zero = action("--op add --a -0 --b 0");
  assertEquals(zero.kind === "operation" && Object.is(zero.a, -0), true);
});

Deno.test("a batch reads and writes files, or the standard streams", () => {
  assertEquals(action("--batch"), { kind: "batch", window: 2048 });
  assertEquals(action("--batch --input - --output -"), { kind: "batch", window: 2048 });
  assertEquals(action("--window 16384 --batch --input a --output b"), {
    kind: "batch",
    inputPath: "a",
    outputPath: "b",
    window: 16384,
  });
});

Deno.test("a subcommand may stand before, between or after flags", () => {
  for (const args of ["status --port 5 --pretty", "--port 5 status --pretty", "--pretty status"]) {
    assertEquals(action(args), { kind: "subcommand", name: "status", operands: [] });
  }
  assertEquals(action("ping"), { kind: "subcommand", name: "ping", operands: [] });
});

Deno.test("a client does exactly one thing", () => {
  assertEquals(
    problem(""),
    "say what to do: --op NAME, --batch or a subcommand (status, ping, map, jobs, cancel, drain, undrain)",
  );
  assertEquals(problem("--a 1"), problem(""));
  assertEquals(
    problem("--op add --a 1 --b 2 --batch"),
    "--op and --batch exclude each other",
  );
  assertEquals(problem("--batch status"), "--batch and status exclude each other");
  assertEquals(
    problem("--op add --batch ping"),
    "--op, --batch and ping exclude each other",
  );
});

Deno.test("an operation needs its operands", () => {
  assertEquals(problem("--op add"), "--op add needs --a and --b: --a is missing");
  assertEquals(problem("--op div --b 1"), "--op div needs --a and --b: --a is missing");
  assertEquals(problem("--op mul --a 1"), "--op mul needs --a and --b: --b is missing");
  assertEquals(problem("--op sum_squares"), "--op sum_squares needs --n");
});

Deno.test("a flag that does not belong to the action is refused", () => {
  const arithmetic = "--op add, --op sub, --op mul or --op div";
  const cases: readonly (readonly [string, string])[] = [
    ["--op add --a 1 --b 2 --n 3", "--n does not belong to --op add, but to --op sum_squares"],
    ["--op add --n 3", "--n does not belong to --op add, but to --op sum_squares"],
    [
      "--op sum_squares --n 3 --b 2",
      `--b does not belong to --op sum_squares, but to ${arithmetic}`,
    ],
    ["--batch --a 1", `--a does not belong to --batch, but to ${arithmetic}`],
    ["--op add --a 1 --b 2 --window 3", "--window does not belong to --op add, but to --batch"],
    ["status --input x", "--input does not belong to status, but to --batch or map"],
    ["ping --output x", "--output does not belong to ping, but to --batch or map"],
    ["status --n 1", "--n does not belong to status, but to --op sum_squares"],
  ];
  for (const [args, expected] of cases) assertEquals(problem(args), expected);
  for (const args of ["--batch --pretty", "--batch --explain", "ping --explain"]) {
    assertEquals(problem(args).includes(" does not belong to "), true, args);
  }
});

Deno.test("a client cannot be sent to port 0", () => {
  const expected = '--port "0" is out of range: expected a whole number from 1 to 65535';
  assertEquals(problem("ping --port 0"), expected);
});

Deno.test("an unknown operation is refused with what was meant", () => {
  const expected = '--op "addd" is not known: expected add, sub, mul, div or sum_squares';
  assertEquals(problem("--op addd --a 1 --b 2"), `${expected}; did you mean "add"?`);
});

Deno.test("the config file may hold the whole action", () => {
  const file = { op: "add", a: 10, b: 5 };
  assertEquals(action("", file), { kind: "operation", op: "add", a: 10, b: 5 });
  assertEquals(action("--b 6", file), { kind: "operation", op: "add", a: 10, b: 6 });
  assertEquals(action("--op sub", file), { kind: "operation", op: "sub", a: 10, b: 5 });
});

Deno.test("an action on the command line goes before the one of the config file", () => {
  const operation = { op: "add", a: 10, b: 5 };
  assertEquals(action("--batch", operation).kind, "batch");
  assertEquals(action("status", operation).kind, "subcommand");
  assertEquals(action("--op add", { batch: true, a: 1, b: 2 }).kind, "operation");
  assertEquals(
    problem("", { op: "add", a: 1, b: 2, batch: true }),
    "--op and --batch exclude each other",
  );
});

Deno.test("flags of the config file that belong to other actions are left alone", () => {
  const file = { window: 16, n: 9, a: 1, b: 2, pretty: true, input: "x" };
  assertEquals(action("--op sum_squares", file), { kind: "sum_squares", n: 9n });
  assertEquals(action("ping", file).kind, "subcommand");
  assertEquals(action("--batch", file), { kind: "batch", inputPath: "x", window: 16 });
});
