/** The version of Aula; the same as in deno.json, which a test holds it to. */
export const VERSION = "0.1.0";
