/**
 * Loaded before a role that a test starts: says on stderr which permissions to read files and to run programs
 * the role has, at the start and when it begins to listen.
 *
 * @module
 */

const listen = Deno.listen;

say("at the start");
Object.defineProperty(Deno, "listen", {
  value: (options: Deno.TcpListenOptions) => {
    say("listening");
    return listen(options);
  },
});

function say(when: string): void {
  const command = Deno.build.os === "linux" ? { command: "/proc/self/exe" } : {};
  const held = [{ name: "read" }, { name: "run", ...command }] as const;
  const names = held.filter((one) => Deno.permissions.querySync(one).state === "granted")
    .map(({ name }) => name);
  Deno.stderr.writeSync(new TextEncoder().encode(`[probe] ${when}: ${names.join(" ")}\n`));
}
