/**
 * Runs a function as a slot does, in a thread of a process, and with nothing to guard against it: what an
 * attempt to escape does where no protection is. It writes what the function gave on stdout, as JSON.
 *
 * @module
 */

if (typeof Deno.stdin === "object" && import.meta.main) {
  const module = await new Response(Deno.stdin.readable).text();
  const thread = `
    self.onmessage = async ({ data }) => {
      let outcome;
      try {
        const { map } = await import("data:text/javascript;base64," + data);
        outcome = await map(1, { position: 1 });
      } catch (error) {
        outcome = "threw " + error;
      }
      globalThis.postMessage(outcome);
    };`;
  const bytes = Array.from(new TextEncoder().encode(module), (byte) => String.fromCharCode(byte));
  const worker = new Worker(`data:text/javascript,${encodeURIComponent(thread)}`, {
    type: "module",
  });
  worker.onmessage = ({ data }) => {
    Deno.stdout.writeSync(new TextEncoder().encode(JSON.stringify(data)));
    Deno.exit(0);
  };
  worker.postMessage(btoa(bytes.join("")));
}
