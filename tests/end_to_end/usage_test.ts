import { assert, assertEquals, assertMatch } from "@std/assert";
import { type RoleName, runRole } from "../support/roles.ts";
import { VERSION } from "../../src/version.ts";

const ROLES: readonly RoleName[] = ["worker", "calc_server", "client"];

/** What is wrong, and how the first line of stderr says so. */
const MISUSES: readonly (readonly [RoleName, string, RegExp])[] = [
  ["worker", "--prot 1", /unknown flag "--prot"; did you mean "--port"\?/],
  ["worker", "--port 1 --port 2", /--port is given more than once/],
  ["worker", "--port", /--port needs a value/],
  ["worker", "--port 65536", /--port "65536" is out of range/],
  ["worker", "--port -1", /--port "-1" is out of range/],
  ["worker", "--port 6001x", /--port "6001x" is not a whole number/],
  ["worker", "--host 1.2.3.4.5", /--host "1\.2\.3\.4\.5" is not an IPv4 address/],
  ["worker", "extra", /unexpected argument "extra"/],
  ["worker", "--config none.jsonc", /Cannot read config "none\.jsonc": no such file/],
  ["calc_server", "--workers", /--workers needs a value/],
  ["calc_server", "--workers 127.0.0.1", /--workers "127\.0\.0\.1" has no port/],
  ["calc_server", "--workers a:1 b:2 a:1", /--workers "a:1" is named twice/],
  ["calc_server", "--workers a:0", /--workers "a:0" has a wrong port/],
  ["calc_server", "--workers ::1:6001", /--workers "::1:6001" has more than one colon/],
  ["calc_server", "--local 0", /--local "0" is out of range/],
  ["calc_server", "--workers a:1 --worker-timeout 2x", /--worker-timeout "2x" is not a duration/],
  ["client", "", /say what to do/],
  ["client", "--op ad --a 1 --b 2", /--op "ad" is not known/],
  ["client", "--op add --a 1", /--op add needs --a and --b: --b is missing/],
  ["client", "--op add --a 1 --b", /--b needs a value/],
  ["client", "--op add --a 1 --b Infinity", /--b "Infinity" is not a number/],
  ["client", "--op add --a 1 --b 1e999", /--b "1e999" is too large/],
  ["client", "--op sum_squares --n -1", /--n "-1" is not a whole number of at least 0/],
  ["client", "--op sum_squares --n 1.5", /--n "1\.5" is not a whole number/],
  ["client", `--op sum_squares --n ${"9".repeat(1001)}`, /--n .*has more than 1000 digits/],
  ["client", "--op add --a 1 --b 2 --n 3", /--n does not belong to --op add/],
  ["client", "--op add --a 1 --b 2 --batch", /exclude each other/],
  ["client", "--port 0 ping", /--port "0" is out of range/],
  ["client", "stats", /unknown subcommand "stats"; did you mean "status"\?/],
  ["client", "--batch --input none.jsonl", /cannot read --input "none\.jsonl": no such file/],
];

for (const [role, line, problem] of MISUSES) {
  const shown = line.length > 60 ? line.slice(0, 60) + "..." : line;
  Deno.test(`${role} refuses "${shown}" with status 2`, async () => {
    const { code, stdout, stderr } = await runRole(role, line === "" ? [] : line.split(" "));
    assertEquals([code, stdout], [2, ""], stderr);
    const [first = "", second, ...rest] = stderr.split("\n");
    assertMatch(first, problem);
    assert(first.startsWith(`${role}: `), first);
    assertEquals([second, ...rest], [`Try "${role} --help".`, ""]);
  });
}

for (const role of ROLES) {
  Deno.test(`${role} --help and --version go to stdout with status 0`, async () => {
    const help = await runRole(role, ["--help"]);
    assertEquals([help.code, help.stderr], [0, ""]);
    assertMatch(help.stdout, new RegExp(`^Usage: ${role} `));
    for (const part of ["Flags:", "--config FILE", "Examples:", "Exit status:"]) {
      assert(help.stdout.includes(part), part);
    }
    for (const line of help.stdout.split("\n")) assert(line.length <= 80, line);
    const version = await runRole(role, ["--version"]);
    assertEquals(version, { code: 0, stdout: `${role} ${VERSION}\n`, stderr: "" });
  });
}
