/** The packages that have a stand-in here, with the entry points this project imports of each. */
export const PACKAGES: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "@std/assert": { ".": "assert/mod.ts" },
  "@std/cli": { "./parse-args": "cli/parse_args.ts" },
  "@std/jsonc": { ".": "jsonc/parse.ts", "./parse": "jsonc/parse.ts" },
  "@std/streams": {
    "./text-line-stream": "streams/text_line_stream.ts",
    "./to-transform-stream": "streams/to_transform_stream.ts",
  },
};
