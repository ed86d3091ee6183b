import { projectPath } from "../paths.ts";
import { commandOutput, runDriver } from "./command.ts";
import type { Found } from "./peer.ts";

/** A library in a virtual environment, measured by a driver of ours that runs there. */
export async function findPythonLibrary(
  library: "dask" | "ray",
  environment: string | undefined,
): Promise<Found> {
  if (environment === undefined) {
    return { missing: `${library}: not asked for (--with-${library} VENV)` };
  }
  const python = `${environment}/bin/python`;
  const program = `import ${MODULES[library]} as module; print(module.__version__)`;
  const version = await commandOutput([python, "-c", program]);
  if (version === undefined) return { missing: `${library}: "${python}" cannot import it` };
  const driver = projectPath(`bench/peers/${library}_driver.py`);
  return {
    peer: {
      name: library,
      title: `${TITLES[library]} ${version.split("\n").at(-1)}`,
      measure: ({ regime, sampleMs }) =>
        runDriver(regime.words([python, driver, String(sampleMs / 1000)])),
    },
  };
}

const MODULES = { dask: "distributed", ray: "ray" };
const TITLES = { dask: "Dask distributed", ray: "Ray" };
