import { fileURLToPath } from "node:url";

/** The folder of the project. */
export const PROJECT: URL = new URL("../../", import.meta.url);

/** The path that a URL of a file means to this system. */
export function fromFileUrl(url: URL): string {
  return fileURLToPath(url);
}

/** A folder that goes away with the test. */
export class TemporaryFolder implements AsyncDisposable {
  /** Its path. */
  readonly path: string = Deno.makeTempDirSync({ prefix: "aula test " });

  /** Writes a file in it, and gives the file's path. */
  async write(name: string, content: string): Promise<string> {
    const path = `${this.path}/${name}`;
    await Deno.writeTextFile(path, content);
    return path;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Deno.remove(this.path, { recursive: true });
  }
}
