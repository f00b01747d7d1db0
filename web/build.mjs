/**
 * node build.mjs [MODEL.tflite] [--sample] [--output FOLDER]: everything the page needs in one folder, for any static
 * host.
 */

import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { copyFile, cp, mkdir, readFile, readdir, rm, writeFile } from "node:fs/promises";
import { dirname, join, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { headers, mediaType } from "./headers.mjs";

const HERE = dirname(fileURLToPath(import.meta.url));
const PACKAGES = join(HERE, "node_modules");
const LITERT = join(PACKAGES, "@litertjs");
const DEMUXER = join(PACKAGES, "mediabunny", "dist", "bundles", "mediabunny.min.mjs"); // with its licence at its head
const PAGE = "index.html";
const OWN = [PAGE, "style.css", "icon.svg", "icon.png", "icon_maskable.png", "manifest.webmanifest", "src"];
// With and without relaxed SIMD, on one thread; the runtime picks by what the browser can do.
const RUNTIMES = ["litert_wasm_internal", "litert_wasm_compat_internal"];
const WORKER = "service_worker.js";
// What recipes/distill.py leaves without a data set: trained on generated voices, to show the page and nothing else.
const SAMPLE = join(HERE, "..", "saved_models", "sample", "student.tflite");
const MODELS = { own: "student.tflite", sample: "synthetic_sample_not_for_use.tflite" }; // their names beside the page

/**
 * @param {{model?: string, sample: boolean, output: string}} options a `.tflite` file that the page starts with,
 *     whether it is one of the synthetic sample (by default that of recipes/distill.py), and the folder to write.
 */
export async function build({ model, sample, output }) {
  const source = model ?? (sample ? SAMPLE : undefined);
  if (![LITERT, DEMUXER].every(existsSync)) fail("The page's packages are not installed; run npm ci in web/ first.");
  if (source && !existsSync(source)) {
    const hint = model ? "expected a .tflite file" : "run python recipes/distill.py first, which makes it";
    fail(`${source} is not there; ${hint}.`);
  }
  await mkdir(join(output, "litert", "wasm"), { recursive: true });
  for (const name of OWN) await cp(join(HERE, name), join(output, name), { recursive: true });
  for (const name of RUNTIMES.flatMap((runtime) => [`${runtime}.js`, `${runtime}.wasm`])) {
    await copyFile(join(LITERT, "core", "wasm", name), join(output, "litert", "wasm", name));
  }
  // Browsers know no bare names, and a map of them would be an inline script, which the page's policy forbids.
  await copyModule("core", output, (text) => text.replace('"@litertjs/wasm-utils"', '"./wasm-utils.js"'));
  await copyModule("wasm-utils", output);
  await mkdir(join(output, "mediabunny"), { recursive: true });
  await copyFile(DEMUXER, join(output, "mediabunny", "mediabunny.js"));
  for (const name of Object.values(MODELS)) await rm(join(output, name), { force: true }); // of an earlier build
  const name = source && (sample ? MODELS.sample : MODELS.own);
  if (name) await copyFile(source, join(output, name));
  await writeFile(
    join(output, "src", "site.js"),
    "/** Written by build.mjs: the model that the page starts with. */\n" +
      `export const MODEL = ${name ? JSON.stringify({ name, sample }) : "null"};\n`,
  );
  await writeWorker(output, name);
}

/** The service worker knows each file by its hash, so that it never mixes two versions. */
async function writeWorker(output, model) {
  const inside = (await readdir(output, { recursive: true })).map((name) => name.split(sep).join("/"));
  const isOurs = (name) => OWN.includes(name) || name === model || /^(src|litert|mediabunny)\//.test(name);
  const files = {};
  for (const name of inside.filter((name) => isOurs(name) && mediaType(name)).sort()) {
    const hash = createHash("sha256").update(await readFile(join(output, name))).digest("hex");
    files[name] = { hash, type: mediaType(name) };
  }
  const said = headers(await readFile(join(output, PAGE), "utf8"));
  const constants = { FILES: files, HEADERS: said };
  const lines = Object.entries(constants)
    .map(([name, value]) => `const ${name} = ${JSON.stringify(value, null, 1)};\n`)
    .join("");
  const version = createHash("sha256").update(lines).digest("hex").slice(0, 16);
  const text = await readFile(join(HERE, WORKER), "utf8");
  await writeFile(join(output, WORKER), `const VERSION = "${version}";\n${lines}\n${text}`);
}

function fail(sentence) {
  console.error(sentence);
  process.exit(1);
}

async function copyModule(name, output, change = (text) => text) {
  const text = await readFile(join(LITERT, name, "dist", "index.js"), "utf8");
  const withoutMap = text.replace(/^\/\/# sourceMappingURL=.*$/m, "");
  await writeFile(join(output, "litert", `${name}.js`), change(withoutMap));
}

/** @returns {{model?: string, sample: boolean, output: string, port: string}} of the command line. */
export function options() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      sample: { type: "boolean", default: false },
      output: { type: "string", default: join(HERE, "dist") },
      port: { type: "string", default: "8000" },
    },
  });
  return { model: positionals[0], ...values };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const chosen = options();
  await build(chosen);
  console.log(`The page is in ${chosen.output}.`);
}
