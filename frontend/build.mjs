// Bundles the card and the wallboard into one file. Usage: node build.mjs OUTPUT

import { readFile } from "node:fs/promises";
import { build } from "esbuild";

/** Leaves out the indentation of our sources, which minifiers keep in templates and styles. */
const withoutIndentation = {
  name: "without-indentation",
  setup({ onLoad }) {
    onLoad({ filter: /\/src\/[\w-]+\.ts$/ }, async ({ path }) => ({
      contents: (await readFile(path, "utf8")).replace(/\n\s+/g, "\n"),
      loader: "ts",
    }));
  },
};

await build({
  entryPoints: ["src/main.ts"],
  outfile: process.argv[2],
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  // Each license is named once.
  legalComments: "eof",
  charset: "utf8",
  plugins: [withoutIndentation],
});
