// Builds the page into dist/, or into the directory named. The same sources and lock file give the same bytes.
import { build } from "esbuild";
import { copyFile, mkdir, readdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";

const here = path.dirname(fileURLToPath(import.meta.url));
const out = path.resolve(process.argv[2] ?? path.join(here, "dist"));
process.chdir(here);

await rm(out, { recursive: true, force: true });
await mkdir(out, { recursive: true });
const result = await build({
  entryPoints: { app: "src/main.jsx" },
  outdir: out,
  bundle: true,
  minify: true,
  metafile: true,
  format: "iife",
  target: "es2021",
  jsx: "automatic",
  legalComments: "none",
  charset: "utf8",
  define: { "process.env.NODE_ENV": '"production"' },
});
await copyFile("src/index.html", path.join(out, "index.html"));
await copyFile("src/icon.svg", path.join(out, "icon.svg"));
await writeFile(path.join(out, "licenses.txt"), await licenses(Object.keys(result.metafile.inputs)));

// licenses gathers the licence of each package whose code is in the bundle.
async function licenses(inputs) {
  const packages = new Set();
  for (const file of inputs) {
    const at = file.lastIndexOf("node_modules/");
    if (at < 0) continue;
    const parts = file.slice(at + "node_modules/".length).split("/");
    const name = parts[0].startsWith("@") ? parts.slice(0, 2).join("/") : parts[0];
    packages.add(file.slice(0, at) + "node_modules/" + name);
  }
  let text = "";
  for (const dir of [...packages].sort()) {
    const about = JSON.parse(await readFile(path.join(dir, "package.json"), "utf8"));
    const file = (await readdir(dir)).find((f) => /^licen[cs]e/i.test(f));
    const body = file ? await readFile(path.join(dir, file), "utf8") : "";
    text += `${about.name} ${about.version} (${about.license})\n\n${body.trim()}\n\n${"-".repeat(78)}\n\n`;
  }
  return text;
}
