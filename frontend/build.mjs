// Bundles the card and the wallboard into one file, and puts the other languages beside it. Usage: node build.mjs OUTPUT

import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
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

const folder = dirname(process.argv[2]);
// The bundle contains Lit.
await copyFile("node_modules/lit/LICENSE", join(folder, "LICENSE-lit.txt"));

const source = "src/translations";
const target = join(folder, "translations");
await mkdir(target, { recursive: true });
for (const name of await readdir(source)) {
  // English is in the bundle.
  if (name === "en.json") continue;
  const texts = JSON.parse(await readFile(join(source, name), "utf8"));
  await writeFile(join(target, name), JSON.stringify(texts));
}
