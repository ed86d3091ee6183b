/**
 * Holds a stand-in to the package that it stands for.
 *
 * The bare specifier gives the real package where `deno task setup` chose JSR, and the stand-in
 * elsewhere; the path always gives the stand-in. A table of cases runs against both, and where the
 * real one is not to be had, a test that is ignored says so by name.
 *
 * @module
 */

/**
 * Runs `define` for the stand-in, and for the real package where there is one.
 *
 * The types of the two need not be the same here: types_test.ts is for those.
 */
export function forEachImplementation<T extends object>(
  packageName: string,
  standIn: T,
  bare: object,
  define: (label: string, implementation: T) => void,
): void {
  define(`stand-in for ${packageName}`, standIn);
  if (isRealPackage(standIn, bare)) define(`real ${packageName}`, bare as T);
  else {
    Deno.test({
      name: `real ${packageName}: not compared, as JSR was not in reach at "deno task setup"`,
      ignore: true,
      fn: () => {},
    });
  }
}

/** A stand-in's own functions come back through the bare specifier; a real package has others. */
function isRealPackage(standIn: object, bare: object): boolean {
  return Object.keys(standIn).some((name) =>
    Reflect.get(standIn, name) !== Reflect.get(bare, name)
  );
}
