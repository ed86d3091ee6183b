import { assert, assertEquals } from "@std/assert";
import { ROLE_NAMES, ROLES } from "../../../src/cli/roles.ts";
import {
  BATCH_FLAGS,
  CLIENT_FLAGS,
  CLIENT_SUBCOMMANDS,
  OPERATION_FLAGS,
  OPERATION_NAMES,
} from "../../../src/cli/tables.ts";

const ALL_FLAGS = ROLE_NAMES.flatMap((role) =>
  Object.entries(ROLES[role].flags).map(([name, flag]) => ({ role, name, flag }))
);

Deno.test("every default can be read by its own kind", () => {
  for (const { role, name, flag } of ALL_FLAGS) {
    if (flag.default === undefined) continue;
    assert("value" in flag.kind.readText(flag.default), `${role} --${name} ${flag.default}`);
  }
});

Deno.test("every switch has a default, so that it is never undefined", () => {
  for (const { role, name, flag } of ALL_FLAGS) {
    if (flag.kind.arity === "none") assertEquals(flag.default, "false", `${role} --${name}`);
  }
});

Deno.test("names of flags are lower case, and no parser can take them for a negation or a path", () => {
  for (const { name } of ALL_FLAGS) {
    assert(/^[a-z]+(-[a-z]+)*$/.test(name) && !name.startsWith("no-"), name);
  }
});

Deno.test("no flag is called like a section of the config file", () => {
  for (const { name } of ALL_FLAGS) assert(!ROLE_NAMES.some((role) => role === name), name);
});

Deno.test("no subcommand is called like an operation", () => {
  for (const name of OPERATION_NAMES) assert(!Object.hasOwn(CLIENT_SUBCOMMANDS, name), name);
});

Deno.test("what belongs to an action is a flag of the client", () => {
  const named = [
    ...BATCH_FLAGS,
    ...Object.values(OPERATION_FLAGS).flat(),
    ...Object.values(CLIENT_SUBCOMMANDS).flatMap((subcommand) => [...subcommand.flags]),
  ];
  for (const name of named) assert(Object.hasOwn(CLIENT_FLAGS, name), name);
});

Deno.test("help names the operations that the client knows", () => {
  assertEquals(Object.keys(ROLES.client.operations), [...OPERATION_NAMES]);
});
