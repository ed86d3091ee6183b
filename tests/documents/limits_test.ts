/**
 * Purpose: a limit that a document names is the one in the code.
 *
 * @module
 */
import { assert, assertEquals } from "@std/assert";
import * as limits from "../../src/limits.ts";
import { readProjectFile, tableRows } from "./markdown.ts";

/** What the units of the documents mean in the code's own, milliseconds and bytes. */
const UNITS: Readonly<Record<string, number>> = {
  ...{ ms: 1, s: 1000, min: 60_000, h: 3_600_000 },
  ...{ KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3 },
  ...{ "": 1, digits: 1, dígitos: 1 },
};

const LIMIT = /^`([A-Z_]+)`$/;
/** A number with a comma, a space or nothing between its thousands, and a unit. */
const QUANTITY = /^(\d{1,3}(?:[,\s]\d{3})*|\d+)(?: (\p{L}+))?$/u;

for (const name of ["README.md", "README.es.md", "PROTOCOL.md"]) {
  Deno.test(`${name} names the limits that src/limits.ts has`, async () => {
    const rows = tableRows(await readProjectFile(name)).filter((row) => LIMIT.test(row.at(-1)!));
    assert(rows.length > 0, "there is no table of limits");
    const named = rows.map((row) => {
      const [, digits, unit = ""] = QUANTITY.exec(row[1]!) ?? [];
      assert(digits !== undefined && unit in UNITS, `not a quantity: ${row[1]}`);
      return [LIMIT.exec(row.at(-1)!)![1]!, Number(digits.replace(/\D/g, "")) * UNITS[unit]!];
    });
    const all: Readonly<Record<string, number>> = limits;
    assertEquals(named, named.map(([limit]) => [limit, all[limit as string]]));
  });
}
