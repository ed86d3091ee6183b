import { createHash } from "node:crypto";
import { pathToFileURL } from "node:url";
import { TemporaryFolder } from "../support/paths.ts";
import type { Targets } from "./attempts.ts";

const SECRET = 'export const secret = "secret";';
const encoder = new TextEncoder();

/** Something to read, and somebody to connect to: a page, a WebSocket, and registries with a package each. */
export class Bait implements AsyncDisposable {
  /** What attempts are made on. */
  readonly targets: Omit<Targets, "sources">;
  /** Requests that came. */
  requests = 0;
  readonly #folder: TemporaryFolder;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #pages: Promise<ReadonlyMap<string, string | Uint8Array<ArrayBuffer>>>;

  private constructor(folder: TemporaryFolder) {
    this.#folder = folder;
    this.#server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
      this.requests++;
      return this.#answer(request);
    });
    this.targets = {
      folder: pathToFileURL(folder.path).href,
      path: folder.path,
      port: this.#server.addr.port,
    };
    this.#pages = pages(this.#origin);
  }

  /** Lays it. */
  static async set(): Promise<Bait> {
    const folder = new TemporaryFolder();
    await folder.write("secret.txt", "secret");
    await folder.write("secret.json", '"secret"');
    await folder.write("secret.js", SECRET);
    return new Bait(folder);
  }

  /** The variables by which Deno finds packages here and nowhere else. */
  get env(): Record<string, string> {
    return { JSR_URL: `${this.#origin}/`, NPM_CONFIG_REGISTRY: `${this.#origin}/` };
  }

  /** What is in the folder. */
  names(): string[] {
    return Array.from(Deno.readDirSync(this.targets.path), ({ name }) => name).sort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#server.shutdown();
    await this.#folder[Symbol.asyncDispose]();
  }

  get #origin(): string {
    return `http://127.0.0.1:${this.targets.port}`;
  }

  async #answer(request: Request): Promise<Response> {
    if (request.headers.get("upgrade") === "websocket") {
      return Deno.upgradeWebSocket(request).response;
    }
    const { pathname } = new URL(request.url);
    const headers = { "content-type": pathname.endsWith(".js") ? "text/javascript" : "text/plain" };
    return new Response((await this.#pages).get(pathname) ?? "hello", { headers });
  }
}

/** What a web server, JSR and the registry of npm have at their addresses. */
async function pages(origin: string): Promise<Map<string, string | Uint8Array<ArrayBuffer>>> {
  const packed = await gzip(
    tar("package/package.json", '{"name":"aula-secret","main":"index.js"}'),
  );
  const dist = {
    tarball: `${origin}/aula-secret.tgz`,
    integrity: `sha512-${createHash("sha512").update(packed).digest("base64")}`,
  };
  const checksum = `sha256-${createHash("sha256").update(SECRET).digest("hex")}`;
  const version = { name: "aula-secret", version: "1.0.0", dist };
  return new Map<string, string | Uint8Array<ArrayBuffer>>([
    ["/secret.js", SECRET],
    ["/@aula/secret/meta.json", '{"latest":"1.0.0","versions":{"1.0.0":{}}}'],
    [
      "/@aula/secret/1.0.0_meta.json",
      JSON.stringify({
        exports: { ".": "./secret.js" },
        manifest: { "/secret.js": { size: SECRET.length, checksum } },
      }),
    ],
    ["/@aula/secret/1.0.0/secret.js", SECRET],
    [
      "/aula-secret",
      JSON.stringify({
        name: "aula-secret",
        "dist-tags": { latest: "1.0.0" },
        versions: { "1.0.0": version },
      }),
    ],
    ["/aula-secret.tgz", packed],
  ]);
}

/** An archive of a package's description, and of an empty index.js. */
function tar(name: string, content: string): Uint8Array<ArrayBuffer> {
  const block = 512;
  const archive = new Uint8Array(5 * block);
  const header = (at: number, path: string, size: number) => {
    const octal = size.toString(8).padStart(11, "0");
    const fields: readonly [at: number, text: string][] = [
      [0, path],
      [100, "0000644"],
      [124, octal],
      [148, " ".repeat(8)],
      [156, "0"],
      [257, "ustar\0" + "00"],
    ];
    for (const [field, text] of fields) archive.set(encoder.encode(text), at + field);
    const sum = archive.subarray(at, at + block).reduce((all, byte) => all + byte, 0);
    archive.set(encoder.encode(`${sum.toString(8).padStart(6, "0")}\0 `), at + 148);
  };
  header(0, name, content.length);
  archive.set(encoder.encode(content), block);
  header(2 * block, "package/index.js", 0);
  return archive;
}

async function gzip(bytes: Uint8Array<ArrayBuffer>): Promise<Uint8Array<ArrayBuffer>> {
  const packed = new Blob([bytes]).stream().pipeThrough(new CompressionStream("gzip"));
  return new Uint8Array(await new Response(packed).arrayBuffer());
}
