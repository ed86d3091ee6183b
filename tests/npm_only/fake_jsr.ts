/** What a registry in a test does with a request: answer as JSR would, say 404, show a page, hang. */
export type Manners = "well" | "missing" | "login page" | "hang";

/** The one module there is. `origin` tells it from the stand-in. */
const MODULE = `
export const toTransformStream = Object.assign(() => {}, { origin: "jsr" });
`;

/** A registry with one package, `@std/streams`, in the version that the project wants. */
export class FakeJsr implements AsyncDisposable {
  /** How it answers from now on. */
  manners: Manners;
  /** How many requests it has seen. */
  requests = 0;
  readonly #server: Deno.HttpServer<Deno.NetAddr>;
  readonly #end = Promise.withResolvers<Response>();

  /** Starts it on a free port. */
  constructor(manners: Manners) {
    this.manners = manners;
    const onListen = () => {};
    this.#server = Deno.serve(
      { hostname: "127.0.0.1", port: 0, onListen },
      (request) => this.#answer(new URL(request.url).pathname),
    );
  }

  /** The variables that make Deno use it. */
  get env(): Record<string, string> {
    return { JSR_URL: `http://127.0.0.1:${this.#server.addr.port}` };
  }

  async #answer(path: string): Promise<Response> {
    this.requests += 1;
    if (this.manners === "hang") return await this.#end.promise;
    if (this.manners === "login page") {
      return new Response("<html>", { headers: { "content-type": "text/html" } });
    }
    const body = this.manners === "well" ? (await contents())[path] : undefined;
    return body === undefined ? new Response(null, { status: 404 }) : new Response(body);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#end.resolve(new Response(null, { status: 404 }));
    await this.#server.shutdown();
  }
}

async function contents(): Promise<Record<string, string>> {
  const version = await wantedVersion();
  const bytes = new TextEncoder().encode(MODULE);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)).toHex();
  const manifest = { "/mod.ts": { size: bytes.length, checksum: `sha256-${digest}` } };
  return {
    "/@std/streams/meta.json": JSON.stringify({
      scope: "std",
      name: "streams",
      latest: version,
      versions: { [version]: {} },
    }),
    [`/@std/streams/${version}_meta.json`]: JSON.stringify({
      manifest,
      exports: { "./to-transform-stream": "./mod.ts" },
    }),
    [`/@std/streams/${version}/mod.ts`]: MODULE,
  };
}

async function wantedVersion(): Promise<string> {
  const config = await Deno.readTextFile(new URL("../../deno.json", import.meta.url));
  const specifier: string = JSON.parse(config).imports["@std/streams"];
  return specifier.slice(specifier.lastIndexOf("@") + 1);
}

/** The variables of a registry at whose address nobody listens. */
export function nobodysJsr(): Record<string, string> {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return { JSR_URL: `http://127.0.0.1:${listener.addr.port}` };
}
