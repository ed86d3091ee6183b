import { assert, assertEquals, assertMatch } from "@std/assert";
import {
  readClientCommand,
  readServerCommand,
  readWorkerCommand,
} from "../../../src/cli/commands.ts";
import { EXIT_STATUS } from "../../../src/cli/exit_status.ts";
import { helpText } from "../../../src/cli/help.ts";
import { noFile, oneFile, usageError } from "./support.ts";

Deno.test("a worker runs with its defaults", () => {
  assertEquals(readWorkerCommand([], noFile), {
    kind: "run",
    options: { host: "127.0.0.1", port: 6001, join: [], logLevel: "info" },
  });
});

Deno.test("a worker takes its flags", () => {
  const args = ["--", "--port", "0", "--host=[::1]", "--log-level", "debug"];
  assertEquals(readWorkerCommand(args, noFile), {
    kind: "run",
    options: { host: "::1", port: 0, join: [], logLevel: "debug" },
  });
});

Deno.test("a server runs with its defaults and the workers that it is given, in order", () => {
  const args = ["--workers", "127.0.0.1:6002", "127.0.0.1:6001,[::1]:6003"];
  assertEquals(readServerCommand(args, noFile), {
    kind: "run",
    options: {
      host: "127.0.0.1",
      port: 5000,
      workers: [
        { host: "127.0.0.1", port: 6002 },
        { host: "127.0.0.1", port: 6001 },
        { host: "::1", port: 6003 },
      ],
      workerTimeoutMs: 2000,
      maxLineBytes: 1_048_576,
      insecure: false,
      logLevel: "info",
    },
  });
});

Deno.test("a server takes its flags", () => {
  const args = [
    "--local",
    "3",
    "--worker-timeout",
    "250ms",
    "--max-line-bytes=64kB",
    "--port",
    "1",
    "--insecure",
  ];
  assertEquals(readServerCommand(args, noFile), {
    kind: "run",
    options: {
      host: "127.0.0.1",
      port: 1,
      workers: [],
      local: 3,
      workerTimeoutMs: 250,
      maxLineBytes: 64_000,
      insecure: true,
      logLevel: "info",
    },
  });
});

Deno.test("a server's --allow-code is for its local workers, and for nobody else", () => {
  const command = readServerCommand(["--local", "2", "--allow-code"], noFile);
  assert(command.kind === "run");
  assertEquals([command.options.local, command.options.allowCode], [2, true]);
  assertMatch(
    usageError(() => readServerCommand(["--allow-code"], noFile)).message,
    /^--allow-code belongs to --local/,
  );
});

Deno.test("a server with --local alone takes the cores, and --workers beside it", () => {
  const command = readServerCommand(["--local", "--workers", "a:1"], noFile);
  if (command.kind !== "run") throw new Error(command.kind);
  assertEquals(command.options.local, "cores");
  assertEquals(command.options.workers, [{ host: "a", port: 1 }]);
});

Deno.test("a server without workers waits for those that join", () => {
  const command = readServerCommand([], noFile);
  if (command.kind !== "run") throw new Error(command.kind);
  assertEquals(command.options.workers, []);
  assertEquals("local" in command.options, false);
});

Deno.test("a worker that joins listens only where it is told to", () => {
  const joining = readWorkerCommand(["--join", "a:1", "b:2", "--name", "lab7"], noFile);
  if (joining.kind !== "run") throw new Error(joining.kind);
  assertEquals("port" in joining.options, false);
  assertEquals(joining.options.name, "lab7");
  assertEquals(joining.options.join, [{ host: "a", port: 1 }, { host: "b", port: 2 }]);
  const both = readWorkerCommand(["--join", "a:1", "--port", "0"], noFile);
  assertEquals(both.kind === "run" && both.options.port, 0);
  const { message } = usageError(() => readWorkerCommand(["--name", "lab7"], noFile));
  assertEquals(message, "--name belongs to --join: it is what servers call the worker");
});

Deno.test("a worker that runs code has a slot for each core and 1 GiB for each, unless told otherwise", () => {
  const given = (args: string[], file = "{}") => {
    const all = ["--allow-code", "--config", "c.jsonc", ...args];
    const command = readWorkerCommand(all, oneFile(file));
    if (command.kind !== "run") throw new Error(command.kind);
    const { allowCode, slots, slotMemoryBytes, insecure } = command.options;
    return [allowCode, slots, slotMemoryBytes, insecure];
  };
  assertEquals(given([]), [true, undefined, 2 ** 30, false]);
  assertEquals(given(["--slots", "3", "--slot-memory-mb=256"]), [true, 3, 2 ** 28, false]);
  const file = '{"worker": {"allow-code": true, "slots": 2, "slot-memory-mb": 128}}';
  assertEquals(given(["--insecure"], file), [true, 2, 2 ** 27, true]);
  const command = readWorkerCommand(["--config", "c.jsonc"], oneFile('{"slots": 2}'));
  assertEquals(command.kind === "run" && "slots" in command.options, false);
});

Deno.test("what belongs to running code is refused without it", () => {
  for (const [flag, value] of [["slots", "2"], ["slot-memory-mb", "512"]] as const) {
    const { message } = usageError(() => readWorkerCommand([`--${flag}`, value], noFile));
    assertEquals(message, `--${flag} belongs to --allow-code: without it no code is run`);
  }
  for (const [flag, value] of [["slots", "0"], ["slots", "257"], ["slot-memory-mb", "127"]]) {
    const args = ["--allow-code", `--${flag}`, value!];
    assertMatch(usageError(() => readWorkerCommand(args, noFile)).message, /is out of range/);
  }
});

Deno.test("code is refused where other machines can send some, unless that is wanted", () => {
  const advice = "with --insecure anybody there may run code on this one";
  const cases: readonly (readonly [string[], string])[] = [
    [["--host", "0.0.0.0"], "the worker can be reached from other machines at 0.0.0.0:6001"],
    [["--host", "lab7", "--port=0"], "the worker can be reached from other machines at lab7:0"],
    [["--join", "[::1]:1", "lab0:5000"], "it joins lab0:5000, on another machine"],
  ];
  for (const [args, danger] of cases) {
    const { message } = usageError(() => readWorkerCommand(["--allow-code", ...args], noFile));
    assertEquals(message, `--allow-code is refused, as ${danger}: ${advice}`);
    const insecure = readWorkerCommand(["--allow-code", "--insecure", ...args], noFile);
    assertEquals(insecure.kind === "run" && insecure.options.insecure, true);
    assertEquals(readWorkerCommand(args, noFile).kind, "run");
  }
  // What only joins listens nowhere, whatever its host.
  const joining = ["--allow-code", "--join", "localhost:5000", "--host", "0.0.0.0"];
  assertEquals(readWorkerCommand(joining, noFile).kind, "run");
});

Deno.test("a wrong value is refused by flag, value and what is expected", () => {
  const cases: readonly (readonly [string[], string])[] = [
    [
      ["--port", "70000"],
      '--port "70000" is out of range: expected a whole number from 0 to 65535',
    ],
    [["--port", "-1"], '--port "-1" is out of range: expected a whole number from 0 to 65535'],
    [["--host", "a b"], '--host "a b" is not a host name or an IP address'],
    [["--workers", "a:1", "b"], '--workers "b" has no port: expected HOST:PORT'],
    [["--workers", "a:1", "--workers", "a:1"], '--workers "a:1" is named twice'],
    [["--local", "0"], '--local "0" is out of range: expected a whole number from 1 to 256'],
    [
      ["--local", "all"],
      '--local "all" is not a whole number: expected a whole number from 1 to 256',
    ],
    [["--log-level", "x"], '--log-level "x" is not known: expected error, warn, info or debug'],
    [
      ["--worker-timeout", "2d"],
      '--worker-timeout "2d" is not a duration: expected one such as 2, 0.5, 250ms, 2s, 5m or 1h',
    ],
  ];
  for (const [args, expected] of cases) {
    const error = usageError(() => readServerCommand(args, noFile));
    assertEquals(error.message, expected);
    assertEquals(error.flag, args[0]?.slice(2));
    assertEquals(error.exitStatus, EXIT_STATUS.usage);
  }
});

Deno.test("the command line goes before the config file, and that before the defaults", () => {
  const file = oneFile('{"host": "lab1", "port": 7, "worker": {"log-level": "error"}}');
  assertEquals(readWorkerCommand(["--port", "8", "--config", "c.jsonc"], file), {
    kind: "run",
    options: { host: "lab1", port: 8, join: [], logLevel: "error" },
  });
});

Deno.test("--workers replaces the workers of the config file", () => {
  const file = oneFile('{"workers": ["a:1", "b:2"]}');
  const command = readServerCommand(["--workers", "a:1", "--config", "c.jsonc"], file);
  assertEquals(command.kind === "run" && command.options.workers, [{ host: "a", port: 1 }]);
});

Deno.test("--help and --version come before anything that is wrong with values or files", () => {
  const roles = [
    ["worker", readWorkerCommand],
    ["calc_server", readServerCommand],
    ["client", readClientCommand],
  ] as const;
  for (const [name, readCommand] of roles) {
    const help = { kind: "help", text: helpText(name) } as const;
    assertEquals<unknown>(readCommand(["--help"], noFile), help);
    assertEquals<unknown>(readCommand(["--port", "x", "--config", "c", "--help"], noFile), help);
    assertEquals<unknown>(readCommand(["--version"], noFile), { kind: "version" });
  }
});

Deno.test("a flag of another role is unknown", () => {
  const { message } = usageError(() => readWorkerCommand(["--workers", "a:1"], noFile));
  assertEquals(message, 'unknown flag "--workers"');
});

Deno.test("a subcommand with --help shows the help, whatever it lacks", () => {
  const help = { kind: "help" as const, text: helpText("client") };
  for (
    const args of [["map", "--help"], ["drain", "--help"], ["--help", "map"], [
      "map",
      "f",
      "--help",
    ]]
  ) {
    assertEquals(readClientCommand(args, noFile), help);
  }
});
