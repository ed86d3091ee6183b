import type { RoleName } from "../../bench/cluster/programs.ts";
import { typedPath } from "../typed_path.ts";

/** The file that a profile goes to. It is tried before the load: what took a minute is not lost to a typing error. */
export class Output implements Disposable {
  readonly path: string;
  /** Whether it is ours to take away, as nothing was there before and nothing has been written. */
  #isSpare: boolean;

  private constructor(path: string, isSpare: boolean) {
    this.path = path;
    this.#isSpare = isSpare;
  }

  /**
   * Makes the file that was named, or one in the system's folder for temporary files.
   *
   * @throws {Error} If it cannot be written.
   */
  static open(role: RoleName, named: string | undefined): Output {
    try {
      const path = named === undefined
        ? `${temporaryFolder()}/aula-${role}.cpuprofile`
        : typedPath(named);
      return new Output(path, isMade(path));
    } catch (error) {
      if (named === undefined) {
        // Somebody else's on a machine that many use.
        const names = { prefix: `aula-${role}-`, suffix: ".cpuprofile" };
        return new Output(Deno.makeTempFileSync(names), true);
      }
      throw new Error(
        `Cannot write the profile: ${error instanceof Error ? error.message : error}`,
      );
    }
  }

  /** Writes it. */
  write(text: string): void {
    Deno.writeTextFileSync(this.path, text);
    this.#isSpare = false;
  }

  /** Takes the file away if it was made for nothing. */
  [Symbol.dispose](): void {
    if (this.#isSpare) Deno.removeSync(this.path);
    this.#isSpare = false;
  }
}

/** Opens a file for writing and closes it again, what it holds as it was; says whether it is new. */
function isMade(path: string): boolean {
  try {
    Deno.openSync(path, { write: true, createNew: true }).close();
    return true;
  } catch (error) {
    if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
    Deno.openSync(path, { write: true }).close();
    return false;
  }
}

function temporaryFolder(): string {
  return Deno.env.get("TMPDIR") ?? Deno.env.get("TEMP") ?? "/tmp";
}
