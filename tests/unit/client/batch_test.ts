import { assertEquals } from "@std/assert";
import { Batch } from "../../../src/client/batch.ts";

Deno.test("what is no request is answered without a server, one line for each, in order", async () => {
  let output = "";
  const input =
    '\n \nnonsense\n[]\n{"op":"x","id":"k"}\n{"op":"add","a":1}\nGET / HTTP/1.1\n{"op":1}';
  const batch = new Batch({
    servers: [{ host: "nobody", port: 1 }],
    input: ReadableStream.from([new TextEncoder().encode(input)]),
    write: (text) => {
      output += text;
      return Promise.resolve();
    },
    window: 2,
    timeoutMs: 1000,
  });
  assertEquals(await batch.run(), { done: 8, failed: 8 });
  assertEquals(output.split("\n"), [
    '{"ok":false,"error":"la línea está vacía"}',
    '{"ok":false,"error":"la línea está vacía"}',
    '{"ok":false,"error":"la línea no es JSON válido"}',
    '{"ok":false,"error":"la solicitud debe ser un objeto JSON"}',
    '{"id":"k","ok":false,"error":"operación desconocida: \\"x\\"","code":"unknown_op"}',
    '{"ok":false,"error":"falta un operando: \\"b\\""}',
    '{"ok":false,"error":"esto no es un servidor HTTP: habla JSON, un objeto por línea"}',
    '{"ok":false,"error":"\\"op\\" debe ser un texto"}',
    "",
  ]);
});

Deno.test("an output that fails ends the batch with its error", async () => {
  const batch = new Batch({
    servers: [{ host: "nobody", port: 1 }],
    input: ReadableStream.from([new TextEncoder().encode("x\n")]),
    write: () => Promise.reject(new Error("pipe")),
    window: 2,
    timeoutMs: 1000,
  });
  const message = await batch.run().then(() => "", (error) => error.message);
  assertEquals(message, "pipe");
});
